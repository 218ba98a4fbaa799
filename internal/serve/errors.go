package serve

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Error says why there is no app to load.
type Error struct {
	Reason string   // one line: what happened, and what to do
	Ran    bool     // the app was started
	Last   []string // what it wrote last: at most 10 lines, each cut
}

func (e *Error) Error() string {
	switch {
	case !e.Ran:
		return e.Reason
	case len(e.Last) == 0:
		return e.Reason + "\nit had written nothing"
	}
	return e.Reason + "\nits last lines:\n  " + strings.Join(e.Last, "\n  ")
}

func (a *App) fail(format string, args ...any) *Error {
	return &Error{Reason: fmt.Sprintf(format, args...), Ran: true, Last: a.output.last(a.o.Mask)}
}

// ended is the error of an app that ended by itself, before it was ready or
// after.
func (a *App) ended(ready bool) error {
	when, hint := "before it was ready", ""
	err := a.tree.Wait()
	switch {
	case ready:
		when = "during the run"
	case err == nil: // a daemon that it left may hold the port
		hint = "; its command has to stay in the foreground for as long as the app is to run"
	default:
		if why := a.o.taken(context.Background()); why != "" {
			hint = "; " + why
		}
	}
	how := "exit status 0"
	if err != nil {
		how = err.Error()
	}
	return a.fail("the app (%s) ended %s: %s%s", commandLine(a.o.Serve.Command), when, how, hint)
}

// late is the error of an app that was not ready in time. Said is what the last
// try told.
func (a *App) late(said error) error {
	hint := "see its output, or give serve a longer timeout, or another address as ready"
	if ports := a.elsewhere(context.Background()); len(ports) > 0 {
		_, port, _ := a.o.place()
		hint = fmt.Sprintf("it listens on %s, not on %d: give the command ${port}", joined(ports), port)
		if port != a.o.Port {
			hint += ", and the scenario no url"
		}
	}
	return a.fail("the app (%s) was not ready within %s: %s: %v; %s", commandLine(a.o.Serve.Command), a.o.Serve.Timeout, a.address, said, hint)
}

// another is the error where not the app answers but somebody else.
func (a *App) another(ctx context.Context) error {
	ports := a.elsewhere(ctx)
	if len(ports) == 0 {
		return nil
	}
	_, port, _ := a.o.place()
	return a.fail("the app (%s) listens on %s, and another program on %d: run again, and give the command ${port}", commandLine(a.o.Serve.Command), joined(ports), port)
}

// joined is a list of ports to be read.
func joined(ports []int) string {
	const most = 5
	var words []string
	for _, p := range ports[:min(most, len(ports))] {
		words = append(words, strconv.Itoa(p))
	}
	if len(ports) > most {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}
