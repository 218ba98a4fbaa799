package scenario

import (
	"cmp"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/mattn/go-shellwords"
)

// Serve is the app under test, as the run starts it.
type Serve struct {
	Command []string // the program and its arguments
	Cwd     string   // absolute or relative to the working directory
	Env     map[string]string
	Ready   string // the address that has to answer below 500, relative to the url
	Timeout time.Duration
	Pos     Pos
}

func serveObject(dir string) *object[Serve] {
	return newObject("serve", "{command: \"panel serve app.py --port ${port}\"}", Serve{Cwd: dir, Ready: "/", Timeout: 60 * time.Second}, []field[Serve]{
		{
			row{
				shape: shape{name: "a command, or a list of its words", like: "panel serve app.py --port ${port}", schema: schema{"anyOf": list{nonEmptySchema, schema{"type": "array", "items": nonEmptySchema, "minItems": 1}}}},
				key:   "command", doc: "What starts the app: words as in a shell, though none is run (on Windows a backslash is one of a path); or a list of them. `${port}` is a free port.", also: "cmd run start exec", required: true,
			},
			func(d *decoder, n *node, s *Serve) { s.Command = readCommand(d, n) },
		},
		opt("cwd", aFile, func(s *Serve) *string { return &s.Cwd }, "The folder that it is started in, from the scenario's; that itself unless told.").aka("dir folder workdir working_directory"),
		opt("env", mapOf("a mapping of names to values", aString, nil), func(s *Serve) *map[string]string { return &s.Env }, "Environment variables for it, beside those of the run.").aka("environment"),
		opt("ready", someString, func(s *Serve) *string { return &s.Ready }, "The address that answers with a status below 500 once it is ready; `/` unless told.").aka("health ready_url wait_for check"),
		opt("timeout", someTime, func(s *Serve) *time.Duration { return &s.Timeout }, "How long it may take to be ready; 60s unless told."),
	})
}

func serveField() field[Scenario] {
	o := serveObject("")
	return field[Scenario]{
		row{shape: shape{name: "a mapping", like: o.like, schema: o.schema(), keys: &o.table}, key: "serve", doc: "The app under test, which the run starts before and ends after, with all its processes. `url` is then `http://localhost:${port}` unless given. `--url` switches it off.", also: "app server command start web_server webserver"},
		func(d *decoder, n *node, s *Scenario) {
			serve := serveObject(cmp.Or(d.dir, ".")).read(d, n)
			serve.Pos = n.pos()
			if ready, err := url.Parse(serve.Ready); err != nil || ready.Host == "" && serve.Ready[:min(1, len(serve.Ready))] != "/" || ready.Host != "" && ready.Scheme != "http" && ready.Scheme != "https" {
				if r := n.get("ready"); r != nil && d.sure(r) {
					d.under("ready", func() { d.wrong(r, "an address", "like /health") })
				}
			}
			serve.Cwd = filepath.Clean(serve.Cwd)
			s.Serve = &serve
		},
	}
}

// keepBackslashes is a command in which backslashes stand for themselves, as in the
// paths of Windows, where a shell would take them away. Before a double quote one is
// the quote's.
func keepBackslashes(command string) string {
	var b strings.Builder
	literal := false // within single quotes
	for i, c := range command {
		if c == '\'' {
			literal = !literal
		}
		b.WriteRune(c)
		if c == '\\' && !literal && !strings.HasPrefix(command[i+1:], `"`) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func readCommand(d *decoder, n *node) []string {
	if n.kind == listNode {
		return listOf(someString).read(d, n)
	}
	text, ok := d.scalar(n, "a command, or a list of its words", "like panel serve app.py --port ${port}")
	if !ok {
		return nil
	}
	p := shellwords.NewParser()
	if runtime.GOOS == "windows" {
		text = keepBackslashes(text)
	}
	words, err := p.Parse(text)
	switch {
	case err == nil && p.Position >= 0:
		d.wrong(n, "one command", "no shell is run: | ; & < > have to stand in quotes; or write command: [sh, -c, \"…\"]")
	case err != nil:
		d.wrong(n, "a command", "a quote is not closed")
	case len(words) == 0:
		d.empty(n, "like panel serve app.py --port ${port}")
	}
	return words
}
