// Package wording writes what is not ours, texts of pages, servers and files
// and errors of the system, and times, as our messages have them.
package wording

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Cut is a text, or its first characters and an ellipsis where it has more than
// so many.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	n := 0
	for i := range text {
		if n == most {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// Line is a text on one line, cut after so many characters: white space is one
// blank, what is no UTF-8 is U+FFFD. Of a text of megabytes only the begin is
// looked at.
func Line(text string, most int) string {
	const room = 16 // bytes for each character that is shown, white space included
	if end := room * (most + 1); len(text) > end {
		for !utf8.RuneStart(text[end]) && end > 0 {
			end--
		}
		text = text[:end] + "…"
	}
	return Cut(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "), most)
}

// Plain is an error of the file system without the call and the paths in it,
// for messages that name the file themselves.
func Plain(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// Clock is a time since a run began in minutes and whole seconds, the rest cut
// off: 0:42, 1:00:05.
func Clock(t time.Duration) string {
	s := int(t / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Duration is a duration as scenarios have it, without the zeros that Go writes:
// 2m, not 2m0s.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
