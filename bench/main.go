// Command bench measures what loadwright promises to be: fast and small. It
// prints a Markdown table. It is a module of its own, so that nothing it needs
// becomes a dependency of loadwright.
//
//	make bench
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"time"
)

func main() {
	log.SetFlags(0)
	binary := flag.String("binary", os.Getenv("LOADWRIGHT_BIN"), "the loadwright to measure")
	out := flag.String("o", "", "also write the table to this file")
	flag.Parse()
	if *binary == "" {
		log.Fatal("bench: which loadwright? Give it with -binary, or LOADWRIGHT_BIN; make bench does")
	}
	var table bytes.Buffer
	w := io.MultiWriter(os.Stdout, &table)
	fmt.Fprintf(w, "Measured on %s, %s/%s with %d cores, by `make bench`.\n\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Fprintln(w, "| what | measured | bar |")
	fmt.Fprintln(w, "|---|---|---|")
	missed := 0
	for _, m := range []measurement{collecting, heap, help, validate, firstNavigation, memoryPerUser} {
		rows, err := m(*binary)
		if err != nil {
			log.Fatalf("bench: %v", err)
		}
		for _, r := range rows {
			mark := ""
			if !r.ok {
				mark = " **missed**"
				missed++
			}
			fmt.Fprintf(w, "| %s | %s%s | %s |\n", r.what, r.measured, mark, r.bar)
		}
	}
	if *out != "" {
		if err := os.WriteFile(*out, table.Bytes(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	if missed > 0 {
		log.Fatalf("bench: %d of the bars missed", missed)
	}
}

// measurement takes some figures of a loadwright.
type measurement func(binary string) ([]row, error)

// row is a line of the table.
type row struct {
	what, measured, bar string
	ok                  bool
}
