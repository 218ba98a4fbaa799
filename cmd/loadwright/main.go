// Command loadwright tests how many people can use a web app at once: it runs
// scenarios with real browsers and says what they felt.
package main

import "os"

func main() {
	os.Exit(execute(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}
