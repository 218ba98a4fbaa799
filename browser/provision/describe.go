package provision

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Describe says in a few lines what was found, in which version, where, and
// where it came from.
func Describe(f Found) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "driver\tPlaywright %s\t%s\t(%s)\n", f.DriverVersion, f.DriverDir, f.DriverOrigin)
	fmt.Fprintf(w, "node\t%s\t%s\n", f.NodeVersion, f.Node)
	fmt.Fprintf(w, "browser\t%s %s\t%s\t(%s)\n", f.Kind, f.BrowserVersion, f.Browser, f.BrowserOrigin)
	_ = w.Flush()
	if f.Slow {
		b.WriteString("A full browser running headless takes about three times the processor time of a headless shell.\n")
	}
	return b.String()
}
