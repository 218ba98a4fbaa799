package data

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
)

// stride is how many rows share a mark: with their place in the order, a row
// takes 5 bytes of memory, and 7 rows at most are passed over to get at one.
const stride = 8

// deck is the rows of a file to be drawn at random, each once.
type deck struct {
	marks  []int64  // the offsets of rows 0, stride, 2*stride, …
	order  []uint32 // the first drawn of them are drawn
	drawn  int
	random *rand.Rand
}

// newDeck reads all rows. Where there are none it answers io.EOF. Data of
// another name is in another order.
func newDeck(rows reader, name string, seed int64) (*deck, error) {
	hash := fnv.New64a()
	hash.Write([]byte(name)) // which never fails
	d := &deck{random: rand.New(rand.NewPCG(uint64(seed), hash.Sum64()))}
	for {
		_, at, err := rows.read()
		n := len(d.order)
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return d, nil
		case err != nil:
			return nil, err
		case uint64(n) == math.MaxUint32:
			return nil, fmt.Errorf("it has more than %d rows, too many to draw at random; set order to in_order", n)
		}
		if n%stride == 0 {
			d.marks = append(d.marks, at)
		}
		d.order = append(d.order, uint32(n))
	}
}

func (d *deck) rows() int { return len(d.order) }

func (d *deck) empty() bool { return d.drawn == len(d.order) }

// shuffle puts all rows back.
func (d *deck) shuffle() { d.drawn = 0 }

// draw returns a row's number, and where to begin to read and how many rows to
// skip there. It is one step of a shuffle, so that none takes long.
func (d *deck) draw() (number int, at int64, skip int) {
	i := d.drawn + d.random.IntN(len(d.order)-d.drawn)
	d.order[d.drawn], d.order[i] = d.order[i], d.order[d.drawn]
	row := int(d.order[d.drawn])
	d.drawn++
	return row + 1, d.marks[row/stride], row % stride
}
