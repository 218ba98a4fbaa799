package main

import (
	"context"
	"fmt"
	"os"

	"github.com/loadwright/loadwright"
)

// crash is a program that runs a scenario and panics in the middle of it, where
// nobody can recover it.
func crash() {
	s, err := loadwright.Load(os.Args[1])
	if err == nil {
		_, err = loadwright.Run(context.Background(), s, loadwright.Options{Sinks: []loadwright.Sink{crasher{}}})
	}
	fmt.Fprintln(os.Stderr, "it did not crash:", err)
}

type crasher struct{}

func (crasher) Event(*loadwright.Event) error {
	go panic("a bug")
	select {}
}
