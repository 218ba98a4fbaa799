package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// outputFile is a file that a command writes at its end. It is opened at the
// beginning, so that what can't be written is known before hours have passed.
type outputFile struct {
	path string
	file *os.File // nil: nobody asked for it
	made bool     // it was not there before
}

// openOutput opens a file to be written later; path "" is none. What is in it
// stays until then.
func openOutput(flag, path string) (*outputFile, error) {
	o := &outputFile{path: path}
	if path == "" {
		return o, nil
	}
	var err error
	o.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	o.made = err == nil
	if errors.Is(err, fs.ErrExist) {
		o.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	}
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("--%s %s can't be written: %w", flag, path, err)
	}
	return o, nil
}

// write writes the file and closes it.
func (o *outputFile) write(to func(io.Writer) error) error {
	if o.file == nil {
		return nil
	}
	_ = o.file.Truncate(0) // a pipe can't be, and need not be
	err := errors.Join(to(o.file), o.file.Close())
	o.file = nil
	if err != nil {
		return fmt.Errorf("%s can't be written: %w", o.path, err)
	}
	return nil
}

// drop closes the file where it was not written, and leaves no empty one behind.
func (o *outputFile) drop() {
	if o.file == nil {
		return
	}
	o.file.Close()
	o.file = nil
	if o.made {
		os.Remove(o.path)
	}
}
