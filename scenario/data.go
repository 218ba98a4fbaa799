package scenario

import (
	"slices"
	"strings"
)

// Data is a file of rows: each user, or each iteration, is handed one.
type Data struct {
	Name      string
	File      string // absolute or relative to the working directory
	Per       DataScope
	Order     DataOrder
	Exhausted DataExhausted
	Secret    []string // columns whose values are shown as *** wherever anything is written
	Pos       Pos      // of its name
	FilePos   Pos
}

// DataScope says how long a row is kept.
type DataScope string

// The scopes of a row.
const (
	RowPerUser      DataScope = "user"
	RowPerIteration DataScope = "iteration"
)

// DataOrder says in which order rows are handed out.
type DataOrder string

// The orders.
const (
	InOrder     DataOrder = "in_order"
	RandomOrder DataOrder = "random" // each row once before any comes again
)

// DataExhausted says what becomes of who needs a row when all are handed out.
type DataExhausted string

// What becomes of them.
const (
	RepeatRows  DataExhausted = "repeat" // from the first row again
	StopUsers   DataExhausted = "stop"   // the user ends, in order
	FailExhaust DataExhausted = "error"  // the iteration fails
)

func dataField() field[Scenario] {
	o := newObject("data", "{file: accounts.csv}", Data{Per: RowPerUser, Order: InOrder, Exhausted: FailExhaust}, []field[Data]{
		opt("file", aFile, func(x *Data) *string { return &x.File }, "A CSV file whose first line names the columns, or a JSON file with a list of objects; its path starts at the scenario's folder.").aka("path csv json").must(),
		opt("per", oneOf(RowPerUser, RowPerIteration), func(x *Data) *DataScope { return &x.Per }, "Whether a user keeps its row or gets another for each iteration; `user` unless told.").aka("scope"),
		opt("order", oneOf(InOrder, RandomOrder), func(x *Data) *DataOrder { return &x.Order }, "In which order rows are handed out, each once across all users; `in_order` unless told.").aka("pick"),
		opt("when_exhausted", oneOf(RepeatRows, StopUsers, FailExhaust), func(x *Data) *DataExhausted { return &x.Exhausted }, "What becomes of a user who needs a row when all are handed out: they begin anew (`repeat`), the user ends (`stop`), or its iteration fails (`error`); `error` unless told.").aka("on_end recycle exhausted"),
		opt("secret", oneOrMore(aLiteral), func(x *Data) *[]string { return &x.Secret }, "Columns whose values are shown as *** wherever anything is written.").aka("secrets hide mask"),
	})
	v := shape{name: "a mapping of names to data", like: "{account: {file: accounts.csv}}", schema: schema{"type": "object", "additionalProperties": o.schema(), "minProperties": 1}, keys: &o.table}
	return field[Scenario]{
		row{shape: v, key: "data", doc: "Rows of files, by name: `${account.username}` is the column `username` of the row that the user has of `account`.", also: "datasets csv feeder payload files"},
		func(d *decoder, n *node, s *Scenario) {
			if n.kind != mappingNode {
				d.wrong(n, v.name, "like "+v.like)
				return
			}
			for _, p := range n.pairs {
				if !d.declare(p.key, p.key.text, dataName) {
					continue
				}
				if p.value.null() {
					d.noValue(p.key, shape{name: "a mapping", like: "{file: accounts.csv}"})
					continue
				}
				var x Data
				d.under(p.key.text, func() { x = o.read(d, p.value) })
				x.Name, x.Pos, x.FilePos = p.key.text, p.key.pos(), p.value.pos()
				if f := p.value.get("file"); f != nil {
					x.FilePos = f.pos()
				}
				d.perUserData = d.perUserData || x.Per == RowPerUser
				if x.Per == RowPerIteration {
					if d.brief == nil {
						d.brief = map[string]bool{}
					}
					d.brief[x.Name] = true
				}
				if columns, ok := d.columns[x.Name]; ok {
					d.checkSecretColumns(p.value, x, columns)
				}
				s.Data = append(s.Data, x)
			}
		},
	}
}

// dataOf is the data whose column a name stands for; "" where it stands for none.
func dataOf(name string) string {
	data, _, dotted := strings.Cut(name, ".")
	if !dotted {
		return ""
	}
	return data
}

func (d *decoder) checkSecretColumns(n *node, x Data, columns []string) {
	words := columnWords(columns)
	for _, c := range x.Secret {
		if !slices.Contains(columns, c) {
			d.fail(n.get("secret"), didYouMean(c, words), "%s has no column %s", x.Name, quoted(c))
		}
	}
}

// checkColumns reports a ${data.column} whose column the file does not have. It
// is not known before the file was looked at.
func (d *decoder) checkColumns(n *node, p part) bool {
	data, column, dotted := strings.Cut(p.name, ".")
	columns, looked := d.columns[data]
	if !dotted || !looked || slices.Contains(columns, column) {
		return true
	}
	d.failName(n, p, didYouMean(column, columnWords(columns)), "%s has no column %s", data, quoted(column))
	return false
}

func columnWords(columns []string) []word {
	words := make([]word, len(columns))
	for i, c := range columns {
		words[i] = word{text: c}
	}
	return words
}
