package mask

import (
	"errors"
	"strings"
	"testing"
)

func TestWriter(t *testing.T) {
	var out strings.Builder
	w := NewWriter(&out, New("hunter22"))
	for _, text := range []string{"starting\nlogged in with hun", "ter22\n", "", "hunter22 again", "\n\nno end: hunter22"} {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	if want := "starting\nlogged in with ***\n*** again\n\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "no end: ***"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("%q, want %q at its end", out.String(), want)
	}
	out.Reset()
	if _, err := w.Write([]byte(strings.Repeat("x", mostLine+1))); err != nil || out.Len() != mostLine+1 {
		t.Errorf("a line without end: %d bytes, %v", out.Len(), err)
	}
}

func TestWriterFails(t *testing.T) {
	full := errors.New("full")
	w := NewWriter(failing{full}, New("x"))
	if _, err := w.Write([]byte("a\n")); !errors.Is(err, full) {
		t.Error(err)
	}
}

type failing struct{ error }

func (f failing) Write([]byte) (int, error) { return 0, f.error }
