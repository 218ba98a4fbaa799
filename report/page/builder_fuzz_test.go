package page

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// lastYear is the latest instant that a file can name.
var lastYear = event.Instant(time.Date(2261, 12, 31, 23, 59, 59, 999_999_999, time.UTC).UnixNano())

// rowsOf makes rows of bytes, such as a file can hold: any times from 1970 to
// 2261, of which none stops before it starts, and any number of seconds late.
func rowsOf(data []byte) []event.Event {
	var rows []event.Event
	for ; len(data) >= 28; data = data[28:] {
		word := func(i int) int64 { return int64(binary.LittleEndian.Uint64(data[4+8*i:]) & math.MaxInt64) }
		flags := data[0]
		e := event.Event{
			Name: string(rune('a' + data[1]%40)), User: int(data[2]), Users: int(data[3]), Iteration: 1,
			Status:    []event.Status{event.OK, event.OK, event.Error, event.Cancelled}[flags&3],
			Phase:     []event.Phase{"", event.RampUp, event.WarmUp, event.Steady}[flags>>2&3],
			LateKnown: flags&16 != 0, Error: string(rune('A' + data[1])),
			Start: event.Instant(word(0)) % lastYear,
		}
		// Long ones are as likely as short ones.
		e.Stop = e.Start + min(event.Instant(word(1)>>(data[2]%63)), lastYear-e.Start)
		if e.LateKnown {
			e.Late = time.Duration(word(2) >> (data[3] % 63))
			if flags&32 != 0 {
				e.Late = -e.Late
			}
		}
		if flags&64 != 0 {
			e.Trusted = event.NotTrusted
		}
		rows = append(rows, e)
	}
	return rows
}

// bytesOf is one row of [rowsOf].
func bytesOf(flags, name, user, users byte, start, took, late uint64) []byte {
	b := []byte{flags, name, user, users}
	for _, x := range []uint64{start, took, late} {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

// Whatever rows a file holds, there is an answer, and its size has a bound.
func FuzzBuilder(f *testing.F) {
	second := uint64(time.Second)
	f.Add(bytesOf(0, 0, 0, 1, 56*365*86400*second, second, 0), int64(0))
	// One row as it should be, and one that lasts from 1970 to 2261.
	f.Add(slices.Concat(bytesOf(0, 0, 0, 1, 56*365*86400*second, second, 0), bytesOf(0, 0, 0, 1, 0, math.MaxInt64, 0)), int64(0))
	f.Add(slices.Concat(bytesOf(16, 0, 0, 0, uint64(lastYear), 0, math.MaxInt64), bytesOf(48, 1, 3, 0, 0, 5, math.MaxInt64)), int64(math.MinInt64))
	many := bytesOf(0, 0, 0, 1, 0, second, 0)
	for i := range uint64(5000) { // who come and go, at the end of all times
		many = append(many, bytesOf(0, byte(i), byte(i), byte(1+i%7), uint64(lastYear)-10_000+2*i, 0, 0)...)
	}
	f.Add(many, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, data []byte, origin int64) {
		rows := rowsOf(data)
		b := NewBuilder(1000)
		b.Begin(event.Instant(origin))
		ok := int64(0)
		for i := range rows {
			if rows[i].Status == event.OK {
				ok++
			}
			if err := b.Event(&rows[i]); err != nil {
				t.Fatal(err)
			}
		}
		r := b.Run()
		if r.Points.Rows != int64(len(rows)) || len(r.Points.Start) > 1250 {
			t.Errorf("%d of %d points of %d rows", len(r.Points.Start), r.Points.Rows, len(rows))
		}
		if len(r.Active.Times) > mostSteps+10 || r.Stretches.Count > 120 || len(r.Events) > mostEvents {
			t.Errorf("%d steps, %d stretches, %d events", len(r.Active.Times), r.Stretches.Count, len(r.Events))
		}
		counted := int64(0)
		for i, e := range r.Events {
			h := e.Histogram
			if len(h.Edges) > 50 || len(h.Edges) > 0 && len(h.Counts) != len(h.Edges)-1 || !slices.IsSorted(h.Edges) {
				t.Errorf("%s: %d bins between %d edges, in order: %t", e.Name, len(h.Counts), len(h.Edges), slices.IsSorted(h.Edges))
			}
			in, over := int64(0), int64(0)
			for _, n := range h.Counts {
				in += n
			}
			for _, n := range r.Stretches.Events[i].Count {
				over += n
			}
			if len(h.Edges) > 0 && in != over {
				t.Errorf("%s: %d rows in bins, %d over time", e.Name, in, over)
			}
			counted += over
		}
		if counted != ok {
			t.Errorf("%d rows over time, %d are ok", counted, ok)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
