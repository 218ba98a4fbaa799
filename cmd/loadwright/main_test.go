package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the program under test, too: scripts and tests
// start it as a process of its own, by the name of loadwright.
func TestMain(m *testing.M) {
	if os.Getenv("GORACE") == "" {
		// The race detector lets each process sleep for a second at its end.
		os.Setenv("GORACE", "atexit_sleep_ms=10")
	}
	testscript.Main(m, map[string]func(){
		"loadwright": main,
		"crash":      crash,
	})
}
