package event

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// header names the columns of the events CSV. The first eight are those of
// Python Loadwright, the first of them its unnamed index.
const header = ",event,user,start,stop,start_seconds,stop_seconds,duration," +
	"user_type,iteration,status,error,harness_seconds,users,phase,late_seconds,already,trusted\n"

// timeLayout always has nine digits after the second: pandas chooses 0, 3, 6
// or 9 for a whole column by its finest value, which a file that is written as
// events end can't know, and reads them all the same.
const timeLayout = "2006-01-02 15:04:05.000000000"

// appendRow appends e as a row of the CSV with the given index.
//
// It writes fields itself rather than through encoding/csv, which quotes
// fields that Python leaves bare (one that begins with a space) and costs an
// allocation for every field that is no string.
func appendRow(b []byte, index int64, e *Event, origin Instant) []byte {
	b = strconv.AppendInt(b, index, 10)
	b = append(b, ',')
	b = appendText(b, e.Name)
	b = append(b, ',')
	b = strconv.AppendInt(b, int64(e.User), 10)
	b = append(b, ',')
	b = e.Start.Time().AppendFormat(b, timeLayout)
	b = append(b, ',')
	b = e.Stop.Time().AppendFormat(b, timeLayout)
	b = append(b, ',')
	b = appendSeconds(b, e.Start.Sub(origin))
	b = append(b, ',')
	b = appendSeconds(b, e.Stop.Sub(origin))
	b = append(b, ',')
	b = appendSeconds(b, e.Duration())
	b = append(b, ',')
	b = appendText(b, e.UserType)
	b = append(b, ',')
	b = appendCount(b, e.Iteration)
	b = append(b, ',')
	b = appendText(b, string(e.Status))
	b = append(b, ',')
	b = appendText(b, oneLine(e.Error))
	b = append(b, ',')
	if e.HarnessKnown {
		b = appendSeconds(b, e.Harness)
	}
	b = append(b, ',')
	b = appendCount(b, e.Users)
	b = append(b, ',')
	b = appendText(b, string(e.Phase))
	b = append(b, ',')
	if e.LateKnown {
		b = appendSeconds(b, e.Late)
	}
	b = append(b, ',')
	b = strconv.AppendBool(b, e.Already)
	b = append(b, ',')
	b = appendText(b, string(e.Trusted))
	return append(b, '\n')
}

// appendCount appends n, or nothing where it is 0, which stands for unknown.
func appendCount(b []byte, n int) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// appendSeconds appends d in seconds. The one division of two exact numbers
// rounds once, so that the shortest form is d's own decimal digits.
func appendSeconds(b []byte, d time.Duration) []byte {
	return appendFloat(b, float64(d)/1e9)
}

// appendFloat appends f as Python's repr prints it: the shortest digits that
// read back the same, with an exponent below 1e-4 and from 1e16 on.
func appendFloat(b []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(b, f, 'e', -1, 64)
	}
	from := len(b)
	b = strconv.AppendFloat(b, f, 'f', -1, 64)
	for _, c := range b[from:] {
		if c == '.' {
			return b
		}
	}
	return append(b, ".0"...)
}

// appendText appends s, quoted where Python's csv module quotes it. Line ends
// become "\n": readers, Go's and pandas' among them, don't keep the others.
// Bytes that are no UTF-8, at which pandas gives up, become U+FFFD.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if !strings.ContainsAny(s, ",\"\r\n") {
		return append(b, s...)
	}
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			b = append(b, `""`...)
		case '\r':
			if i+1 == len(s) || s[i+1] != '\n' {
				b = append(b, '\n')
			}
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// oneLine folds every run of white space that holds a line end, or another
// control character, into one space.
func oneLine(s string) string {
	breaks := func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
	if strings.IndexFunc(s, breaks) < 0 {
		return s
	}
	var b strings.Builder
	for _, part := range strings.FieldsFunc(s, breaks) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}
