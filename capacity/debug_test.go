package capacity

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestDebug(t *testing.T) {
	want := os.Getenv("DBG")
	if want == "" {
		t.Skip()
	}
	for _, k := range knownQueues() {
		if !strings.Contains(k.name, want) {
			continue
		}
		c := k.capacity()
		for seed := range 60 {
			q := k.queue(uint64(seed))
			a, _ := Search(context.Background(), q, k.patient())
			bad := !(a.Low <= c && c <= a.High)
			if !bad && os.Getenv("DBGU") == "" {
				continue
			}
			var b strings.Builder
			for _, l := range a.Levels {
				wrong := ""
				if l.Verdict == Holds && l.Users > c || l.Verdict == Broken && l.Users <= c {
					wrong = "!!!"
				}
				fmt.Fprintf(&b, "  %d%s:%s/%.0fs/w%.0f/%.3g", l.Users, wrong, l.Verdict, l.Took.Seconds(), l.WarmUp.Seconds(), l.Values[0])
			}
			t.Logf("%s cap %d seed %d: %d [%d %d] %s %v fell=%v %s\n%s", k.name, c, seed, a.Users, a.Low, a.High, a.Undecided, a.Slower, a.Fell, short(a.Levels[len(a.Levels)-1].At+time.Second), b.String())
		}
	}
}
