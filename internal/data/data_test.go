package data

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loadwright/loadwright/scenario"
)

// memory is a file that is none.
type memory struct{ io.ReaderAt }

func (memory) Close() error { return nil }

func rowsOf(t testing.TB, d scenario.Data, text string) *Rows {
	t.Helper()
	r, err := newRows(d, memory{strings.NewReader(text)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all reads rows until there is an error.
func all(r *Rows) (rows []Row, err error) {
	for {
		row, err := r.Next()
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

func TestReading(t *testing.T) {
	type values = map[string]string
	accounts := []values{{"name": "ann", "password": "a"}, {"name": "bob", "password": "b"}}
	tests := []struct {
		name, file, text string
		columns          []string
		want             []values
	}{
		{"csv", "a.csv", "name,password\nann,a\nbob,b\n", []string{"name", "password"}, accounts},
		{"no last line end", "a.csv", "name,password\nann,a\nbob,b", []string{"name", "password"}, accounts},
		{"windows line ends, byte order mark", "a.CSV", "\uFEFFname,password\r\nann,a\r\nbob,b\r\n", []string{"name", "password"}, accounts},
		{"blank lines", "a.csv", "\n\nname,password\n\nann,a\n\n\nbob,b\n\n", []string{"name", "password"}, accounts},
		{"quotes", "a.csv", "name,note\n\"O\"\"Neill, ann\",\"one\ntwo\"\n,\"\"\n", []string{"name", "note"},
			[]values{{"name": `O"Neill, ann`, "note": "one\ntwo"}, {"name": "", "note": ""}}},
		{"letters", "a.csv", "näme\n日本\n🙂\n", []string{"näme"}, []values{{"näme": "日本"}, {"näme": "🙂"}}},
		{"csv by content", "accounts.txt", "name,password\nann,a\nbob,b\n", []string{"name", "password"}, accounts},
		{"csv by name", "a.csv", "[a]\n{}\n", []string{"[a]"}, []values{{"[a]": "{}"}}},

		{"json", "a.json", `[{"name": "ann", "password": "a"}, {"name": "bob", "password": "b"}]`, []string{"name", "password"}, accounts},
		{"json by content", "accounts", "\uFEFF \r\n [\n{\"name\":\"ann\",\"password\":\"a\"},\n{\"password\":\"b\",\"name\":\"bob\"}\n]\n", []string{"name", "password"}, accounts},
		{"json values", "a.JSON",
			`[{"s": "a\n\"ü\u00fc\"", "n": 1.50e+3, "big": 12345678901234567890, "b": true, "f": false, "z": null, "l": [1, {"a": null}], "o": {"k": "v, w"}, "e": ""}]`,
			[]string{"s", "n", "big", "b", "f", "z", "l", "o", "e"},
			[]values{{"s": "a\n\"üü\"", "n": "1.50e+3", "big": "12345678901234567890", "b": "true", "f": "false", "z": "",
				"l": `[1, {"a": null}]`, "o": `{"k": "v, w"}`, "e": ""}}},
	}
	for _, test := range tests {
		for _, order := range []scenario.DataOrder{scenario.InOrder, scenario.RandomOrder} {
			t.Run(test.name+" "+string(order), func(t *testing.T) {
				r := rowsOf(t, scenario.Data{File: test.file, Order: order, Exhausted: scenario.StopUsers}, test.text)
				if got := r.Columns(); !slices.Equal(got, test.columns) {
					t.Errorf("columns %q, want %q", got, test.columns)
				}
				rows, err := all(r)
				if !errors.Is(err, ErrStop) {
					t.Error(err)
				}
				slices.SortFunc(rows, func(a, b Row) int { return a.Number - b.Number })
				var got []values
				for i, row := range rows {
					if row.Number != i+1 {
						t.Errorf("row %d is numbered %d", i+1, row.Number)
					}
					got = append(got, row.Values)
				}
				if !reflect.DeepEqual(got, test.want) {
					t.Errorf("\n got %q\nwant %q", got, test.want)
				}
			})
		}
	}
}

// What is wrong in the first rows is known when the file is opened.
func TestWrong(t *testing.T) {
	long := strings.Repeat("x", maxRow)
	tests := []struct{ name, file, text, want string }{
		{"empty csv", "f.csv", "", "f.csv: the file is empty; write a CSV file whose first line names the columns, or a JSON list of objects"},
		{"blank csv", "f.csv", "\uFEFF \n\r\n", "f.csv: the file is empty; write a CSV file whose first line names the columns, or a JSON list of objects"},
		{"only a header", "f.csv", "name,password\n", "f.csv: it has columns (name, password) and no rows; write a row below them"},
		{"too few values", "f.csv", "name,password\n\"an\nn\",a\n\nbob\n", "f.csv:5: the row has 1 value, the columns are 2 (name, password); write a value for each column, and nothing between two commas for an empty one"},
		{"too many values", "f.csv", "\uFEFFname,password\nann,a,b\n", "f.csv:2: the row has 3 values, the columns are 2 (name, password); put a value that holds a comma in quotes"},
		{"column twice", "f.csv", "name,password,name\na,b,c\n", "f.csv:1: columns 1 and 3 are both called \"name\"; give each its own name"},
		{"column without a name", "f.csv", "\n\nname, \na,b\n", "f.csv:3: column 2 has no name; give it one"},
		{"semicolons", "f.csv", "name;password\nann;a\n", "f.csv:1: the columns are separated by semicolons; save the file with commas"},
		{"tabs", "f.csv", "name\tpassword\nann\ta\n", "f.csv:1: the columns are separated by tabs; save the file with commas"},
		{"carriage returns", "f.csv", "name,password\rann,a\rbob,b\r", "f.csv:1: the lines end in a carriage return alone; save the file with line feeds"},
		{"latin 1", "f.csv", "name,password\nann,a\nJos\xe9,b\n", "f.csv:3:4: the byte 0xe9 is not UTF-8; save the file as UTF-8"},
		{"utf-16", "f.csv", "\xff\xfen\x00a\x00\n\x00", "f.csv:1: the byte 0xff is not UTF-8; save the file as UTF-8"},
		{"a cut character", "f.csv", "name\nann\n\xf0\x9f\x99", "f.csv:3: the byte 0xf0 is not UTF-8; save the file as UTF-8"},
		{"quote in a value", "f.csv", "name\nann\na\"b\"\n", "f.csv:3: a quote (\") in a value that is not in quotes; put the whole value in quotes, and write the quote in it twice"},
		{"quote alone", "f.csv", "name\nann\n\"a\"b\"\n", "f.csv:3: a quote (\") is not closed, or stands alone in a value in quotes; close it, or write it twice"},
		{"quote not closed", "f.csv", "name\nann\n\"a\nb\nc\n", "f.csv:3: a quote (\") is not closed, or stands alone in a value in quotes; close it, or write it twice"},
		{"long row", "f.csv", "name\nann\n" + long + "x\nbob\n", "f.csv:3: the row is longer than 1 MB; is a quote or a bracket not closed?"},
		{"far too long row", "f.csv", "name\nann\n\"" + strings.Repeat("x\n", maxRow) + "\"\n", "f.csv:3: the row is longer than 1 MB; is a quote or a bracket not closed?"},
		{"long header", "f.csv", long + "x\nann\n", "f.csv:1: the row is longer than 1 MB; is a quote or a bracket not closed?"},
		{"too many columns", "f.csv", columns(maxColumns+1) + "\n", "f.csv:1: there are more than 10000 columns; leave out what no step needs"},

		{"empty json", "f.json", " \n", "f.json: the file is empty; write a CSV file whose first line names the columns, or a JSON list of objects"},
		{"blank json", "f.json", strings.Repeat(" ", 5000), "f.json: the file is empty; write a CSV file whose first line names the columns, or a JSON list of objects"},
		{"empty list", "f.json", "[ ]", "f.json: the list is empty; write objects into it, like " + listLike},
		{"no list", "f.json", `{"a": 1}`, "f.json: it is not a list of objects; write one, like " + listLike},
		{"lines of objects", "f.jsonl", "{\"a\": 1}\n{\"a\": 2}\n", "f.jsonl: it is not a list of objects; write one, like " + listLike},
		{"list of numbers", "f.json", "[\n1, 2]", "f.json:2: it is not a list of objects: something else is in it; write it like " + listLike},
		{"a list inside", "f.json", "[{\"a\": 1},\n [1]]", "f.json:2:2: it is not a list of objects: something else is in it; write it like " + listLike},
		{"empty object", "f.json", "[{}]", "f.json:1:2: the object is empty; its keys name the columns, like " + listLike},
		{"key missing", "f.json", "[{\"a\": 1, \"b\": 2},\n{\"b\": 1}]", "f.json:2: the object has no key \"a\", the first object has one; all need the same keys (a, b)"},
		{"other key", "f.json", "[{\"a\": 1, \"b\": 2},\n{\"b\": 1,\n \"c\": 1}]", "f.json:3:2: the object has a key \"c\", the first object has none; all need the same keys (a, b)"},
		{"key twice", "f.json", "[{\"a\": 1, \"b\": 2},\n{\"a\": 1, \"a\": 1}]", "f.json:2:10: the object has two keys \"a\"; give each its own name"},
		{"key twice in the first", "f.json", "[{\"a\": 1, \"b\": 2, \"a\": 3}]", "f.json:1:19: columns 1 and 3 are both called \"a\"; give each its own name"},
		{"empty key", "f.json", "[{\"\": 1}]", "f.json:1:3: column 1 has no name; give it one"},
		{"latin 1 in json", "f.json", "[\n{\"a\": \"Jos\xe9\"}]", "f.json:2:11: the byte 0xe9 is not UTF-8; save the file as UTF-8"},
		{"comma missing", "f.json", "[{\"a\": 1}\n\n{\"a\": 2}]", "f.json:3: not JSON: invalid character '{' after array element"},
		{"comma missing inside", "f.json", "[{\"a\": 1},\n{\"a\": {\"b\": 1,\n\n \"c\": 2 \"d\": 3}}]", "f.json:4:9: not JSON: invalid character '\"' after object key:value pair"},
		{"comma too many", "f.json", "[{\"a\": 1},\n]", "f.json:2: not JSON: invalid character ']' looking for beginning of value"},
		{"no quotes", "f.json", "[{\"a\": 1},\n{a: 1}]", "f.json:2:2: not JSON: invalid character 'a' looking for beginning of object key string"},
		{"single quotes", "f.json", "[{'a': 1}]", "f.json:1:3: not JSON: invalid character '\\'' looking for beginning of object key string"},
		{"word", "f.json", "[{\"a\": 1},\n{\"a\":\n  nil}]", "f.json:3:4: not JSON: invalid character 'i' in literal null (expecting 'u')"},
		{"cut between", "f.json", "[{\"a\": 1},\n{\"a\": 2},", "f.json:2:9: the file ends in the middle of what begins here; is a quote or a bracket not closed?"},
		{"cut inside", "f.json", "[{\"a\": 1},\n {\"a\": 2", "f.json:2:2: the file ends in the middle of what begins here; is a quote or a bracket not closed?"},
		{"cut string", "f.json", "[{\"a\": 1},\n {\"a\": \"b}]", "f.json:2:2: the file ends in the middle of what begins here; is a quote or a bracket not closed?"},
		{"more", "f.json", "[{\"a\": 1}]\n[{\"a\": 2}]", "f.json:2:2: something follows the list; write all objects into one list"},
		{"latin 1 below", "f.json", "[{\"a\": 1}]\n\xe9", "f.json:2: the byte 0xe9 is not UTF-8; save the file as UTF-8"},
		{"long object", "f.json", "[{\"a\": 1},\n{\"a\": \"" + long + "\"}]", "f.json:2: the row is longer than 1 MB; is a quote or a bracket not closed?"},
		{"far too long object", "f.json", "[{\"a\": 1},\n{\"a\": \"" + strings.Repeat("x", 3<<20), "f.json:2: the row is longer than 1 MB; is a quote or a bracket not closed?"},
	}
	for _, test := range tests {
		for _, order := range []scenario.DataOrder{scenario.InOrder, scenario.RandomOrder} {
			t.Run(test.name+" "+string(order), func(t *testing.T) {
				_, err := newRows(scenario.Data{File: test.file, Order: order}, memory{strings.NewReader(test.text)}, 1)
				if err == nil || err.Error() != test.want {
					t.Errorf("\n got %v\nwant %s", err, test.want)
				}
			})
		}
	}
}

// columns is a header of so many.
func columns(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("c", i)
	}
	return strings.Join(names, ",")
}

// A row of just 1 MB is one.
func TestLongestRow(t *testing.T) {
	for file, text := range map[string]string{
		"f.csv":  "a\n" + strings.Repeat("x", maxRow-1) + "\n",
		"f.json": `[{"a": "` + strings.Repeat("x", maxRow-len(`{"a": ""}`)) + `"}]`,
	} {
		rows, err := all(rowsOf(t, scenario.Data{File: file}, text))
		if len(rows) != 1 || len(rows[0].Values["a"]) < maxRow-20 || !errors.Is(err, ErrExhausted) {
			t.Errorf("%s: %d rows, %v", file, len(rows), err)
		}
	}
}

// What is wrong further below is told with its line when it is met, and again
// whenever somebody asks; rows before it are handed out.
func TestWrongBelow(t *testing.T) {
	for _, test := range []struct{ file, head, row, wrong, want string }{
		{"f.csv", "a,b\n", "1,\"2\n2\"\n", "1\n", "f.csv:4002: the row has 1 value"},
		{"f.csv", "a,b\n", "1,\"2\n2\"\n", "1,\"2\n\xff\n", "f.csv:4003: the byte 0xff is not UTF-8"},
		{"f.json", "[", "{\"a\": 1,\n\"b\": 2},\n", "{\"a\": 1}]", "f.json:4001: the object has no key \"b\""},
	} {
		text := test.head + strings.Repeat(test.row, 2*lookRows) + test.wrong
		r := rowsOf(t, scenario.Data{File: test.file}, text)
		rows, err := all(r)
		if len(rows) != 2*lookRows || err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%d rows, %v, want %s", len(rows), err, test.want)
		}
		if _, again := r.Next(); again != err {
			t.Error("then", again)
		}
	}
}

func TestOpen(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "accounts.csv")
	if err := os.WriteFile(path, []byte("name,password\nann,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(folder, "bad.csv")
	if err := os.WriteFile(bad, []byte("name,password\nann\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := openFiles(t)
	for file, want := range map[string]string{
		folder:                        folder + ": it is a folder; name a CSV or JSON file in it",
		filepath.Join(folder, "no"):   filepath.Join(folder, "no") + ": file does not exist; its path starts at the scenario's folder",
		filepath.Join(path, "in.csv"): filepath.Join(path, "in.csv") + ": ",
		bad:                           bad + ":2: the row has 1 value",
		os.DevNull:                    os.DevNull + ": it is no regular file",
	} {
		if runtime.GOOS == "windows" && file == os.DevNull {
			continue
		}
		_, err := Open(scenario.Data{File: file}, 1)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if errors.Is(err, fs.ErrNotExist) != strings.HasSuffix(file, "no") {
			t.Errorf("%v is, or is not, one of a missing file", err)
		}
	}
	columns, err := Columns(scenario.Data{File: path, Order: scenario.RandomOrder})
	if err != nil || !slices.Equal(columns, []string{"name", "password"}) {
		t.Error(columns, err)
	}
	r, err := Open(scenario.Data{File: path}, 1)
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Next()
	if want := (Row{Number: 1, Values: map[string]string{"name": "ann", "password": "a"}}); err != nil || !reflect.DeepEqual(row, want) {
		t.Error(row, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Next(); !errors.Is(err, os.ErrClosed) {
		t.Error("after Close:", err)
	}
	if now := openFiles(t); now != open {
		t.Errorf("%d files are open, %d were", now, open)
	}
}

// openFiles counts this process's open files, where the system tells.
func openFiles(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// broken is a disk that fails from some byte on.
type broken struct {
	memory
	from int64
}

var errDisk = errors.New("input/output error")

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) <= b.from {
		return b.memory.ReadAt(p, at)
	}
	n, _ := b.memory.ReadAt(p[:max(0, b.from-at)], at)
	return n, &fs.PathError{Op: "read", Path: "f", Err: errDisk}
}

func TestReadError(t *testing.T) {
	for file, text := range map[string]string{
		"f.csv":  "name\n" + strings.Repeat("ann\n", 1<<16),
		"f.json": "[" + strings.Repeat(`{"name":"ann"},`, 1<<16) + `{"name":"ann"}]`,
	} {
		r, err := newRows(scenario.Data{File: file}, broken{memory{strings.NewReader(text)}, 100_001}, 1)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := all(r)
		if len(rows) < 5000 || !errors.Is(err, errDisk) || err.Error() != file+": input/output error" {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	}
}

func TestExhausted(t *testing.T) {
	const text = "a\n1\n2\n3\n"
	for _, order := range []scenario.DataOrder{scenario.InOrder, scenario.RandomOrder} {
		d := scenario.Data{Name: "account", File: "dir/f.csv", Order: order, Exhausted: scenario.FailExhaust}
		rows, err := all(rowsOf(t, d, text))
		const want = "no row is left: the data account (dir/f.csv) has 3; add rows, or set when_exhausted to repeat or stop"
		if len(rows) != 3 || !errors.Is(err, ErrExhausted) || errors.Is(err, ErrStop) || err.Error() != want {
			t.Error(order, len(rows), err)
		}
		d.Exhausted = scenario.StopUsers
		rows, err = all(rowsOf(t, d, text))
		const stop = "no row is left, the user ends: the data account (dir/f.csv) has 3"
		if len(rows) != 3 || !errors.Is(err, ErrStop) || errors.Is(err, ErrExhausted) || err.Error() != stop {
			t.Error(order, len(rows), err)
		}
	}
}

// sample is a file of so many rows, whose columns are id and note.
func sample(file string, rows int, random *rand.Rand) string {
	var b strings.Builder
	note := func() string {
		words := []string{"", "x", "ü", "日本", "a,b", `"`, "two\nlines", strings.Repeat("long ", random.IntN(200))}
		return words[random.IntN(len(words))]
	}
	if file == "f.csv" {
		w := csv.NewWriter(&b)
		w.UseCRLF = random.IntN(2) == 0
		w.Write([]string{"id", "note"})
		for i := range rows {
			w.Write([]string{fmt.Sprint(i + 1), note()})
		}
		w.Flush()
		return b.String()
	}
	list := make([]map[string]any, rows)
	for i := range list {
		list[i] = map[string]any{"id": i + 1, "note": note()}
	}
	e := json.NewEncoder(&b)
	if random.IntN(2) == 0 {
		e.SetIndent("", "  ")
	}
	e.Encode(list)
	return b.String()
}

// Each row is handed out once before any comes again, whoever asks: in order,
// or as another permutation each time.
func TestOnce(t *testing.T) {
	const rounds, users = 3, 8
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 0))
		file := []string{"f.csv", "f.json"}[seed%2]
		rows := 1 + random.IntN(200)
		text := sample(file, rows, random)
		for _, order := range []scenario.DataOrder{scenario.InOrder, scenario.RandomOrder} {
			d := scenario.Data{Name: "d", File: file, Order: order, Exhausted: scenario.RepeatRows}

			// One asks.
			var alone []int
			r := rowsOf(t, d, text)
			for range rounds * rows {
				row, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				if row.Values["id"] != fmt.Sprint(row.Number) || len(row.Values) != 2 {
					t.Fatalf("row %d is %q", row.Number, row.Values)
				}
				alone = append(alone, row.Number)
			}
			for round := range rounds {
				numbers := alone[round*rows : (round+1)*rows]
				sorted := slices.Sorted(slices.Values(numbers))
				if sorted[0] != 1 || sorted[rows-1] != rows || len(slices.Compact(sorted)) != rows {
					t.Fatalf("%s, seed %d: of %d rows, round %d has %v", order, seed, rows, round, numbers)
				}
				if order == scenario.InOrder && !slices.IsSorted(numbers) {
					t.Fatalf("seed %d: out of order: %v", seed, numbers)
				}
			}
			if order == scenario.RandomOrder && rows > 20 {
				if slices.IsSorted(alone[:rows]) || slices.Equal(alone[:rows], alone[rows:2*rows]) {
					t.Errorf("seed %d: not shuffled: %v", seed, alone)
				}
			}

			// Many ask.
			r = rowsOf(t, d, text)
			var mu sync.Mutex
			var together []int
			var wg sync.WaitGroup
			for range users {
				wg.Go(func() {
					for {
						mu.Lock()
						enough := len(together) >= rounds*rows-users // each may be about to have one more
						mu.Unlock()
						if enough {
							return
						}
						row, err := r.Next()
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						together = append(together, row.Number)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			// They had what one would have had, in some order.
			want := slices.Clone(alone)
			for len(want) < len(together) {
				want = append(want, 0)
			}
			want = want[:len(together)]
			slices.Sort(want)
			slices.Sort(together)
			if !slices.Equal(together, want) {
				t.Fatalf("%s, seed %d: together %v\nalone %v", order, seed, together, want)
			}
		}
	}
}

// The order is the seed's, and another for data of another name.
func TestSeed(t *testing.T) {
	text := sample("f.csv", 50, rand.New(rand.NewPCG(1, 1)))
	order := func(name string, seed int64) (numbers []int) {
		d := scenario.Data{Name: name, File: "f.csv", Order: scenario.RandomOrder}
		r, err := newRows(d, memory{strings.NewReader(text)}, seed)
		if err != nil {
			t.Fatal(err)
		}
		rows, _ := all(r)
		for _, row := range rows {
			numbers = append(numbers, row.Number)
		}
		return numbers
	}
	if !slices.Equal(order("a", 1), order("a", 1)) {
		t.Error("the same seed gives another order")
	}
	if slices.Equal(order("a", 1), order("a", 2)) || slices.Equal(order("a", 1), order("b", 1)) {
		t.Error("another seed, or another name, gives the same order")
	}
}

// A file that shrinks while it is read is told, rather than read for ever.
func TestChanged(t *testing.T) {
	const text = "a\n1\n2\n3\n"
	for _, order := range []scenario.DataOrder{scenario.InOrder, scenario.RandomOrder} {
		f := &changing{text: text}
		r, err := newRows(scenario.Data{File: "f.csv", Order: order, Exhausted: scenario.RepeatRows}, f, 1)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		f.text = "a\n"
		if _, err := r.Next(); err == nil || err.Error() != "f.csv: it has fewer rows than before; leave it alone while a run reads it" {
			t.Error(order, err)
		}
	}
}

type changing struct{ text string }

func (c *changing) ReadAt(p []byte, at int64) (int, error) {
	return strings.NewReader(c.text).ReadAt(p, at)
}

func (*changing) Close() error { return nil }

// endless is a CSV file of so many bytes, every line of which is the same, and
// tells how much of it was read.
type endless struct {
	line string
	size int64
	read *int64
}

const fox = "0123456789,the quick brown fox jumps over the lazy dog 0123456\n"

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	if at >= e.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), e.size-at)]
	for n := 0; n < len(p); {
		n += copy(p[n:], e.line[(at+int64(n))%int64(len(e.line)):])
	}
	*e.read += int64(len(p))
	return len(p), nil
}

func (endless) Close() error { return nil }

// A file may be larger than the memory, and a little of it is read to open it.
func TestLook(t *testing.T) {
	for _, line := range []string{fox, strings.Repeat("x", 100<<10) + "\n"} {
		var read int64
		const size = 2 << 30
		_, err := newRows(scenario.Data{File: "f.csv"}, endless{line, size / int64(len(line)) * int64(len(line)), &read}, 1)
		if err != nil || read > 2*lookBytes {
			t.Errorf("%v, %d bytes were read", err, read)
		}
	}
}

// What is kept in memory does not grow with the file; at random, by 5 bytes a
// row.
func TestMemory(t *testing.T) {
	const rows = 50_000 // 3 MB
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for order, most := range map[scenario.DataOrder]int64{scenario.InOrder: 512 << 10, scenario.RandomOrder: 512<<10 + 8*rows} {
		before, peak := heap(), int64(0)
		r, err := newRows(scenario.Data{File: "f.csv", Order: order}, endless{fox, (rows + 1) * int64(len(fox)), new(int64)}, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; err == nil; n++ {
			if n%(rows/5) == 0 {
				peak = max(peak, heap())
			}
			_, err = r.Next()
		}
		if n-1 != rows || !errors.Is(err, ErrExhausted) {
			t.Error(n-1, err)
		}
		if grown := peak - before; grown > most {
			t.Errorf("%s: the heap grew by %d bytes", order, grown)
		}
		runtime.KeepAlive(r)
	}
}

// FuzzRows: nothing that is in a file makes reading panic or hang; what other
// readers read is read the same; in order and at random are the same rows.
func FuzzRows(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a\n\"x\ny\"\n\n\"\"\n", "\uFEFFa\r\n\xff\r\n", "a;b\n", "a,a\n1,2", ""} {
		f.Add(false, []byte(s))
	}
	for _, s := range []string{`[{"a": 1, "b": "x"}, {"b": null, "a": [1, {}]}]`, `[]`, `[{}]`, `{"a": 1}`, `[{"a": 1}`, `[{"a": "\ud800"}] x`, "[1]"} {
		f.Add(true, []byte(s))
	}
	f.Fuzz(func(t *testing.T, isJSON bool, text []byte) {
		d := scenario.Data{Name: "d", File: "f.csv", Order: scenario.InOrder}
		if isJSON {
			d.File = "f.json"
		}
		read := func() ([]Row, []string, error) {
			r, err := newRows(d, memory{bytes.NewReader(text)}, 1)
			if err != nil {
				return nil, nil, err
			}
			rows, err := all(r)
			return rows, r.Columns(), err
		}
		rows, columns, err := read()
		good := errors.Is(err, ErrExhausted)
		if !good && !strings.HasPrefix(err.Error(), d.File+":") {
			t.Fatalf("no place: %v", err)
		}
		for i, row := range rows {
			if row.Number != i+1 || len(row.Values) != len(columns) {
				t.Fatalf("row %d: %+v", i+1, row)
			}
		}
		d.Order = scenario.RandomOrder
		drawn, _, err := read()
		if good != errors.Is(err, ErrExhausted) {
			t.Fatalf("in order %v, at random %v", good, err)
		}
		slices.SortFunc(drawn, func(a, b Row) int { return a.Number - b.Number })
		if good && !reflect.DeepEqual(drawn, rows) {
			t.Fatalf("in order  %+v\nat random %+v", rows, drawn)
		}
		if want, known := readElsewhere(text, isJSON); known && (!good || !reflect.DeepEqual(rows, want)) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, rows, want)
		} else if good && !known {
			t.Fatalf("nobody else reads %+v", rows)
		}
	})
}

// readElsewhere reads a file whole; not known where that is not possible.
func readElsewhere(text []byte, isJSON bool) (rows []Row, known bool) {
	if !bytes.Equal(text, []byte(strings.ToValidUTF8(string(text), ""))) {
		return nil, false
	}
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	if isJSON {
		var list []map[string]json.RawMessage
		if json.Unmarshal(text, &list) != nil || len(list) == 0 || len(list[0]) == 0 {
			return nil, false
		}
		// Keys given twice are gone: count them as they are written.
		keys := 0
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.Token()
		for dec.More() {
			if t, _ := dec.Token(); t != json.Delim('{') {
				return nil, false // null
			}
			for dec.More() {
				dec.Token()
				var v json.RawMessage
				dec.Decode(&v)
				keys++
			}
			dec.Token()
		}
		if keys != len(list)*len(list[0]) {
			return nil, false
		}
		for i, o := range list {
			row := Row{Number: i + 1, Values: map[string]string{}}
			for k, raw := range o {
				if _, ok := list[0][k]; !ok || strings.TrimSpace(k) == "" {
					return nil, false
				}
				var s string
				if json.Unmarshal(raw, &s) != nil { // null makes it ""
					s = string(raw)
				}
				row.Values[k] = s
			}
			rows = append(rows, row)
		}
		return rows, true
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(records) < 2 || checkNames(slices.Clone(records[0])) != nil || len(bytes.TrimSpace(text)) == 0 {
		return nil, false
	}
	for i, record := range records[1:] {
		row := Row{Number: i + 1, Values: map[string]string{}}
		for j, v := range record {
			row.Values[records[0][j]] = v
		}
		rows = append(rows, row)
	}
	return rows, true
}

func BenchmarkNext(b *testing.B) {
	const rows = 100_000
	var asCSV, asJSON strings.Builder
	asCSV.WriteString("username,password,locale,note\n")
	asJSON.WriteString("[")
	for i := range rows {
		fmt.Fprintf(&asCSV, "user%d,secret%d,en-GB,\"one, two\"\n", i, i)
		if i > 0 {
			asJSON.WriteString(",")
		}
		fmt.Fprintf(&asJSON, "\n"+`{"username": "user%d", "password": "secret%d", "locale": "en-GB", "note": "one, two"}`, i, i)
	}
	asJSON.WriteString("\n]")
	for _, file := range []struct{ name, text string }{{"f.csv", asCSV.String()}, {"f.json", asJSON.String()}} {
		path := filepath.Join(b.TempDir(), file.name)
		if err := os.WriteFile(path, []byte(file.text), 0o600); err != nil {
			b.Fatal(err)
		}
		for _, order := range []scenario.DataOrder{scenario.InOrder, scenario.RandomOrder} {
			b.Run(file.name+" "+string(order), func(b *testing.B) {
				r, err := Open(scenario.Data{File: path, Order: order, Exhausted: scenario.RepeatRows}, 1)
				if err != nil {
					b.Fatal(err)
				}
				defer r.Close()
				b.SetBytes(int64(len(file.text) / rows))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := r.Next(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
