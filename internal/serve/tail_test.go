package serve

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	many := ""
	for i := range 25 {
		many += fmt.Sprintf("%d\n", i)
	}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "\n \n", nil},
		{"many", many, []string{"15", "16", "17", "18", "19", "20", "21", "22", "23", "24"}},
		{"a line under way", "one\ntwo", []string{"one", "two"}},
		{"a terminal's", "\x1b[1;32mok\x1b[0m\tdone\r\n10 %\r50 %\r100 %\r\n\a\xff!\n", []string{"ok done", "100 %", "\uFFFD!"}},
		{"a long one", strings.Repeat("ä", 5000) + "\nend", []string{strings.Repeat("ä", lineWidth-1) + "…", "end"}},
	} {
		for _, size := range []int{1, 7, 1 << 20} {
			var out strings.Builder
			tail := newTail(&out)
			for chunk := range slices.Chunk([]byte(c.text), size) {
				if n, err := tail.Write(chunk); n != len(chunk) || err != nil {
					t.Fatal(n, err)
				}
			}
			if got := tail.last(nil); !slices.Equal(got, c.want) {
				t.Errorf("%s, %d at once: %q, want %q", c.name, size, got, c.want)
			}
			if out.String() != c.text {
				t.Errorf("%s: %q was passed on", c.name, out.String())
			}
		}
	}
}

func TestTailMasksBeforeItCuts(t *testing.T) {
	tail := newTail(nil)
	_, _ = tail.Write([]byte(strings.Repeat("x", lineWidth-3) + "s3cret"))
	mask := func(s string) string { return strings.ReplaceAll(s, "s3cret", "***") }
	if got := tail.last(mask); !slices.Equal(got, []string{strings.Repeat("x", lineWidth-3) + "***"}) {
		t.Errorf("%q", got)
	}
}

func TestTailIsBounded(t *testing.T) {
	tail := newTail(nil)
	line := []byte(strings.Repeat("x", 1<<20) + "\n")
	for range 3 * mostLines {
		_, _ = tail.Write(line)
	}
	held := cap(tail.line)
	for _, l := range tail.lines {
		held += cap(l)
	}
	if held > 2*(mostLines+1)*lineMemory {
		t.Errorf("it holds %d bytes", held)
	}
	if allocs := testing.AllocsPerRun(100, func() { _, _ = tail.Write(line) }); allocs > 0 {
		t.Errorf("a line costs %v allocations", allocs)
	}
}
