// Package docs holds the documentation. Its tests keep what is made from the
// code's tables as the code has it, and see to it that what the documents show
// works.
package docs

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/scenario"
)

var update = flag.Bool("update", false, "write the documents that are made from the code's tables")

// TestMade holds that the reference and the schema are what the tables say.
// Above the reference stands an introduction, which is written by hand.
func TestMade(t *testing.T) {
	introduction, err := os.ReadFile(filepath.Join("testdata", "scenario.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, reference, ok := strings.Cut(scenario.Reference(), "\n\n") // without its title
	if !ok {
		t.Fatal("the reference has no title")
	}
	for name, want := range map[string]string{
		"scenario.md":          string(introduction) + reference,
		"scenario.schema.json": string(scenario.Schema()),
	} {
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(have), want); diff != "" {
			t.Errorf("%s is not what the code says; `go test ./docs -update` writes it (-have +want):\n%s", name, diff)
		}
	}
}

// documents are the README and all that stands here, by their paths from here.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("*.md")
	if err != nil || len(paths) < 4 {
		t.Fatal(err, paths)
	}
	all := map[string]string{}
	for _, path := range append(paths, filepath.Join("..", "README.md"), filepath.Join("..", "CONTRIBUTING.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(text)
	}
	return all
}

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

var scenarioSteps = regexp.MustCompile(`(?m)^(steps|user_types):`)

// TestYAML parses every block of YAML: a whole scenario as it stands, steps as
// those of one, and what has none as a part of one.
func TestYAML(t *testing.T) {
	whole, parts, steps := 0, 0, 0
	for path, text := range documents(t) {
		for _, m := range yamlBlock.FindAllStringSubmatchIndex(text, -1) {
			block, line := text[m[2]:m[3]], 1+strings.Count(text[:m[2]], "\n")
			switch {
			case strings.HasPrefix(block, "- "):
				steps++
				block = asSteps(block)
			case scenarioSteps.MatchString(block):
				whole++
			default:
				parts++
				block += "steps: [{event: other, steps: [{goto: /}]}]\n"
			}
			if _, err := loadwright.Parse(path, []byte(block)); err != nil {
				t.Errorf("%s, the block at line %d:\n%v", path, line, err)
			}
		}
	}
	if whole < 2 || parts < 3 || steps < 20 {
		t.Errorf("%d scenarios, %d parts of one and %d blocks of steps were found: where are the others?", whole, parts, steps)
	}
}

// asSteps puts steps into a scenario, in which i counts.
func asSteps(block string) string {
	head, indent := "steps:\n  - event: other\n    steps: [{goto: /}]\n", "  "
	if !strings.Contains(block, "repeat:") {
		head, indent = head+"  - repeat: 2\n    steps:\n", "      "
	}
	var b strings.Builder
	b.WriteString("url: http://localhost\n" + head)
	for line := range strings.Lines(block) {
		b.WriteString(indent + line)
	}
	return b.String()
}

var link = regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)

// TestLinks holds that what the documents refer to in the repository is there.
func TestLinks(t *testing.T) {
	n := 0
	for path, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s refers to %s: %v", path, m[1], err)
			}
		}
	}
	if n < 10 {
		t.Errorf("%d links were found: where are the others?", n)
	}
}
