package browser

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/internal/mask"
	"github.com/loadwright/loadwright/scenario"
)

// What was typed into a password field is told nowhere, though the page says it.
func TestPasswords(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<input type=password><textarea></textarea><input type=text>
<script>document.querySelector('input').oninput = e => console.log('typed ' + e.target.value)</script>`))
	field := func(css string) scenario.Target {
		return scenario.Target{By: scenario.ByCSS, Value: scenario.Text{Value: css}}
	}
	value := func(css string) scenario.Action {
		return within(500*time.Millisecond, step(&scenario.Expect{Target: field(css), Assertion: "to_have_value", Text: scenario.Text{Value: "x"}}))
	}
	v.do(goTo("/"))
	for css, hidden := range map[string]bool{"input[type=password]": true, "textarea": false, "input[type=text]": false} {
		for _, op := range []scenario.Op{
			&scenario.Fill{Target: field(css), Value: "hunter2"},
			&scenario.PressSequentially{Target: field(css), Value: "hunter2"},
		} {
			clear := step(&scenario.Fill{Target: field(css)})
			err := v.pool.o.Mask.Hide(v.fail(2, clear, step(op), value(css)).Error())
			if strings.Contains(err, "hunter2") == hidden || strings.Contains(err, "***") != hidden {
				t.Errorf("%T into %s: %s", op, css, err)
			}
		}
		v.pool.o.Mask = mask.New() // each by itself
	}
	v.do(step(&scenario.Fill{Target: field("input[type=password]"), Value: "hunter3"}))
	for range 100 {
		if v.pool.o.Mask.Hide("hunter3") == "***" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	base := filepath.Join(t.TempDir(), "failure")
	if err := v.Capture(t.Context(), base, v.pool.o.Mask.Hide); err != nil {
		t.Fatal(err)
	}
	if got := read(t, base+".console.txt"); !strings.Contains(got, "log: typed ***\n") || strings.Contains(got, "hunter3") {
		t.Errorf("console: %q", got)
	}
}
