// Package examples holds the example scenarios, so that the demo has its own
// with it wherever the binary is.
package examples

import "embed"

//go:embed *.yaml
var files embed.FS

// LoadAndClick is the example of the README and of the demo.
const LoadAndClick = "load_and_click.yaml"

// Read returns an example; it panics for one that is not there.
func Read(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return text
}
