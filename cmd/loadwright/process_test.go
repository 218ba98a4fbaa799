package main

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// startApp starts the sample app as a process of its own and returns its
// address.
func startApp(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("loadwright", "sample-app", "--port", "0", "--load-delay", "0", "--run-delay", "20ms")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return addressIn(t, line)
}

func addressIn(t *testing.T, line string) string {
	t.Helper()
	m := regexp.MustCompile(`at (http://\S+)/app`).FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("the sample app says %q", line)
	}
	return m[1]
}
