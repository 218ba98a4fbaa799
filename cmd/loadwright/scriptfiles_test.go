package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/loadwright/loadwright"
)

// checkSummaries holds every summary.json below a folder against the schema, by
// which no other field may be in it.
func checkSummaries(folder string) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(loadwright.SummarySchema()))
	if err != nil {
		return err
	}
	closeObjects(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("summary.schema.json", doc); err != nil {
		return err
	}
	schema, err := c.Compile("summary.schema.json")
	if err != nil {
		return err
	}
	return filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Name() != "summary.json" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		summary, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = schema.Validate(summary)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
}

// closeObjects allows the objects of a schema no fields but those it knows.
func closeObjects(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, ok := s["properties"]; ok {
			s["additionalProperties"] = false
		}
		for _, inner := range s {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range s {
			closeObjects(inner)
		}
	}
}

// cmdJSON looks at a value in a JSON file, by the keys and indices that lead to
// it.
//
//	json summary.json thresholds.0.ok true
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH VALUE")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for _, key := range strings.Split(args[1], ".") {
		switch at := v.(type) {
		case map[string]any:
			found, ok := at[key]
			if !ok {
				ts.Fatalf("%s: nothing at %s", args[1], key)
			}
			v = found
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(at) {
				ts.Fatalf("%s: nothing at %s", args[1], key)
			}
			v = at[i]
		default:
			ts.Fatalf("%s: nothing at %s", args[1], key)
		}
	}
	if got := fmt.Sprint(v); (got == args[2]) == neg {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

// cmdPNG checks that files are pictures in PNG that can be decoded.
func cmdPNG(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: png FILE…")
	}
	for _, name := range args {
		picture, err := png.Decode(strings.NewReader(ts.ReadFile(name)))
		if err != nil {
			ts.Fatalf("%s: %v", name, err)
		}
		if b := picture.Bounds(); b.Dx() < 100 || b.Dy() < 100 {
			ts.Fatalf("%s: a picture of %v", name, b)
		}
	}
}

// cmdLarge makes a file of so many megabytes, all of it comment.
func cmdLarge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: large FILE MEGABYTES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	megabyte := bytes.Repeat([]byte(strings.Repeat("#", 1023)+"\n"), 1024)
	for range n {
		_, err := f.Write(megabyte)
		ts.Check(err)
	}
}

// cmdMount puts a small file system in memory at a folder, until the script ends.
//
//	mount full size=64k
func cmdMount(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mount FOLDER OPTIONS")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", args[1], "tmpfs", dir).CombinedOutput(); err != nil {
		ts.Fatalf("mount: %v: %s", err, out)
	}
	ts.Defer(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			ts.Logf("umount: %v: %s", err, out)
		}
	})
}

// cmdRecorded checks that an events CSV holds whole rows only, of them every
// event of which the witness knows that it had ended a second before the last
// signal was sent.
func cmdRecorded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: recorded FILE")
	}
	text := ts.ReadFile(args[0])
	if !strings.HasSuffix(text, "\n") {
		ts.Fatalf("the last row is torn: …%q", text[max(0, len(text)-100):])
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	ts.Check(err)
	w := worldOf(ts)
	want := w.endedBefore(w.sent.Add(-time.Second))
	got := len(rows) - 1
	ts.Logf("%d rows; the witness knows of %d events that had ended a second before", got, want)
	if want == 0 {
		ts.Fatalf("the witness knows of no event: this proves nothing")
	}
	if got < want {
		ts.Fatalf("%d rows of at least %d", got, want)
	}
}
