//go:build linux

package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/runner"
)

// display starts an X server of its own and returns its name.
func display(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("Xvfb"); err != nil {
		t.Skip("there is no Xvfb here: apt-get install xvfb")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{w}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	r.SetReadDeadline(time.Now().Add(10 * time.Second))
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	return ":" + strings.TrimSpace(number)
}

type window struct{ left, top, width, height int }

func (w window) overlaps(o window) bool {
	return w.left < o.left+o.width && o.left < w.left+w.width && w.top < o.top+o.height && o.top < w.top+w.height
}

// Four users, four windows that can all be watched.
func TestHeadedWindowsAreTiled(t *testing.T) {
	needsBrowser(t)
	full, err := provision.Find(t.Context(), provision.Options{Headed: true})
	var missing *provision.MissingError
	if errors.As(err, &missing) {
		t.Skip("there is no browser here that opens windows: apt-get install chromium")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DISPLAY", display(t))
	const users = 4
	o := options()
	o.Found, o.Headless, o.Users = full, false, users
	p := NewPool(o)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	var windows []window
	for i := range users {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		s, err := p.Open(ctx, runner.UserInfo{User: i}, nil)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		v := &visitor{s.(*session), t, ""}
		v.do(goTo(fmt.Sprintf("data:text/html,<body style=background:hsl(%d,80%%25,80%%25)><h1>User %d</h1><button onclick=\"this.textContent='Finished'\">Run</button>", i*90, i)))
		v.do(clicked(waitFor(byText("Finished")))...)
		size := v.eval("[screenX, screenY, outerWidth, outerHeight, innerWidth, innerHeight]").([]any)
		n := make([]int, len(size))
		for i := range size {
			n[i] = size[i].(int)
		}
		windows = append(windows, window{n[0], n[1], n[2], n[3]})
		if n[4] < n[2]*9/10 || n[5] < n[3]/2 {
			t.Errorf("user %d: a page of %d×%d in a window of %d×%d", i, n[4], n[5], n[2], n[3])
		}
	}
	for i, w := range windows {
		if w.left < 0 || w.top < 0 || w.left+w.width > 1600 || w.top+w.height > 1200 {
			t.Errorf("window %d is not on the screen: %+v", i, w)
		}
		if w.width < 700 || w.height < 500 {
			t.Errorf("window %d is small: %+v", i, w)
		}
		for j := range i {
			if w.overlaps(windows[j]) {
				t.Errorf("windows %d and %d overlap: %+v, %+v", j, i, windows[j], w)
			}
		}
	}
	picture := filepath.Join(t.ArtifactDir(), "windows.png")
	if out, err := exec.Command("import", "-window", "root", picture).CombinedOutput(); err != nil {
		t.Logf("no picture: %v %s", err, out)
	} else {
		t.Logf("a picture is in %s", picture)
	}
}
