package httpuser

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// object is an object of JSON that knows the order of its keys: the first value of
// $..id is the first in the answer. It is what ojg's paths take for such an object.
type object struct {
	keys   []string
	values map[string]any
}

// ValueForKey is the value of a key.
func (o *object) ValueForKey(key string) (any, bool) { v, ok := o.values[key]; return v, ok }

// Keys are the keys in their order.
func (o *object) Keys() []string { return o.keys }

// SetValueForKey gives a key a value.
func (o *object) SetValueForKey(key string, value any) {
	if _, has := o.values[key]; !has {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
}

// RemoveValueForKey removes a key.
func (o *object) RemoveValueForKey(key string) {
	delete(o.values, key)
	o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
}

// MarshalJSON writes the keys by the alphabet, so that one object is one text.
func (o *object) MarshalJSON() ([]byte, error) { return encode(o.values) }

// mostNested bounds how deep values of JSON may stand in one another, as
// encoding/json does.
const mostNested = 10_000

// readJSON reads the one value that a text holds.
func readJSON(r io.Reader) (any, error) {
	d := json.NewDecoder(r)
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, after := d.Token(); !errors.Is(after, io.EOF) {
		return nil, fmt.Errorf("something stands behind it: %w", after)
	}
	return v, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Number:
		return plainNumber(t), nil
	case json.Delim:
		if depth == mostNested {
			return nil, errors.New("it is nested too deep")
		}
		if t == '[' {
			return readList(d, depth)
		}
		return readObject(d, depth)
	}
	return token, nil
}

func readList(d *json.Decoder, depth int) (any, error) {
	all := []any{}
	for d.More() {
		v, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	_, err := d.Token()
	return all, err
}

func readObject(d *json.Decoder, depth int) (any, error) {
	o := &object{values: map[string]any{}}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o.SetValueForKey(key.(string), v)
	}
	_, err := d.Token()
	return o, err
}

// plainNumber is a number that a path can compare, without loss: an identifier of
// 18 digits is no float64.
func plainNumber(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	if f, err := n.Float64(); err == nil && strings.ContainsAny(n.String(), ".eE") {
		return f
	}
	return n.String()
}
