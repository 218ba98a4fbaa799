package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loadwright/loadwright/event"
)

// outputFile is a file that a command writes at its end. It is made at the
// beginning, beside its place, so that what can't be written is known before hours
// have passed; what is in its place stays until it is whole. It replaces no file
// but an empty one and one of its own kind: not a scenario, nor a CSV, whose name
// was given by mistake.
type outputFile struct {
	flag  string
	path  string   // as it was given
	place string   // the file that it is to be, behind all links; "": what is written goes straight to path
	mark  string   // how files of its kind begin
	file  *os.File // nil: nobody asked for it, or it is written
}

// openOutput begins a file that is to be at path, "" for none, and whose kind is
// known by how it begins. The others are of the same command.
func openOutput(flag, path, mark string, others ...*outputFile) (*outputFile, error) {
	o := &outputFile{flag: flag, path: path, mark: mark}
	if path == "" {
		return o, nil
	}
	err := o.open()
	if err != nil {
		return nil, o.plain(err)
	}
	for _, other := range others {
		if o.place != "" && o.place == other.place {
			o.drop()
			return nil, usageError{fmt.Errorf("--%s and --%s name the same file, %s", other.flag, flag, path)}
		}
	}
	return o, nil
}

func (o *outputFile) open() error {
	info, err := os.Stat(o.path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("it is a folder")
	case isStream(o.path), err == nil && !info.Mode().IsRegular():
		o.file, err = os.OpenFile(o.path, os.O_WRONLY|os.O_APPEND, 0)
		return err
	}
	if o.place, err = placeOf(o.path); err != nil {
		return err
	}
	if err := o.replaceable(); err != nil {
		return err
	}
	o.file, err = event.CreateBeside(o.place)
	return err
}

// placeOf is where a path leads, behind all links; the file need not be there.
func placeOf(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if place, err := filepath.EvalSymlinks(path); err == nil {
		return place, nil
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(folder, filepath.Base(path)), err
}

// isStream tells whether a path is another name of a file that this process, or
// another, is writing to: it must not be replaced, whatever it is.
func isStream(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return strings.HasPrefix(path, "/dev/std") || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/")
}

// replaceable says why what is in the file's place must stay; nil where it need
// not.
func (o *outputFile) replaceable() error {
	old, err := os.OpenFile(o.place, os.O_RDWR, 0) // what may not be written is not replaced, either
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer old.Close()
	start := make([]byte, len(o.mark))
	switch _, err := io.ReadFull(old, start); {
	case errors.Is(err, io.EOF), err == nil && string(start) == o.mark:
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return usageError{fmt.Errorf("--%s %s: a file of this name is there already, and it is of another kind: give another name, or remove it", o.flag, o.path)}
}

// write writes the file and puts it in its place.
func (o *outputFile) write(to func(io.Writer) error) error {
	if o.file == nil {
		return nil
	}
	w := bufio.NewWriter(o.file)
	if err := errors.Join(to(w), w.Flush(), o.file.Close()); err != nil {
		o.drop()
		return o.plain(err)
	}
	whole := o.file.Name()
	o.file = nil
	if o.place == "" {
		return nil
	}
	if err := o.put(whole); err != nil {
		return errors.New(o.plain(err).Error() + "; what it would hold is in " + whole) // no error of usage, so late
	}
	return nil
}

// put renames a whole file to the place, unless something else has come there
// meanwhile.
func (o *outputFile) put(whole string) error {
	if err := o.replaceable(); err != nil {
		return err
	}
	if old, err := os.Stat(o.place); err == nil {
		_ = os.Chmod(whole, old.Mode().Perm()) // for who could read the old one
	}
	return os.Rename(whole, o.place)
}

// drop gives the file up where it was not written.
func (o *outputFile) drop() {
	if o.file == nil {
		return
	}
	o.file.Close() // it may be
	if o.place != "" {
		os.Remove(o.file.Name())
	}
	o.file = nil
}

// plain says which file an error is about, in the user's words.
func (o *outputFile) plain(err error) error {
	var usage usageError
	if err == nil || errors.As(err, &usage) {
		return err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		err = link.Err
	}
	return fmt.Errorf("--%s %s can't be written: %s", o.flag, o.path, plainReason(err))
}
