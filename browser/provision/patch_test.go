package provision

import (
	"errors"
	"testing"
)

func TestPatched(t *testing.T) {
	const raw = "a(pageError.location.url, pageError.location.lineNumber, pageError.location.columnNumber); b(pageError.location.url)"
	const want = `a(pageError.location?.url || "", pageError.location?.lineNumber || 0, pageError.location?.columnNumber || 0); b(pageError.location?.url || "")`
	got, err := patched([]byte(raw))
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	again, err := patched(got)
	if err != nil || string(again) != want {
		t.Errorf("a second time: %q, %v; want no change", again, err)
	}
	if _, err := patched([]byte("pageError.location.url alone")); !errors.Is(err, errUnknownBundle) {
		t.Errorf("a bundle with one place of three: %v; want errUnknownBundle", err)
	}
	if err := checkPatched([]byte(raw + want)); !errors.Is(err, errUnpatched) {
		t.Errorf("half patched: %v; want errUnpatched", err)
	}
}
