package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the program under test, too: scripts and tests
// start it as a process of its own, by the name of loadwright.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"loadwright": main,
		"crash":      crash,
	})
}
