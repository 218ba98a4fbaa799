// Command loadwright tests how many people can use a web app at once: it runs
// scenarios with real browsers and says what they felt.
package main

import (
	"io"
	"log"
	"os"
)

func main() {
	// net/http logs what odd servers do; whoever sent the request is told anyway.
	log.SetOutput(io.Discard)
	go spareCollections()
	os.Exit(execute(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}
