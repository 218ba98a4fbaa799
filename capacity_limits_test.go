package loadwright_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
)

// What the load generator lacks is told as that, and never as what the app can't
// serve.
func TestCapacityOfTheGenerator(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(5 * time.Millisecond) }))
	t.Cleanup(app.Close)
	const steps = "steps: [{request: GET /, headers: {X-User: \"${account.name}\"}}, {sleep: 50ms}]\nthresholds: [errors <= 1%, GET / mean < 10s]\n"
	for _, c := range []struct {
		name, data string
		rows       int
		want       string // what the answer says
	}{
		{
			name: "a row for each user, and the others go", rows: 5,
			data: "{file: users.csv, per: user, when_exhausted: stop}",
			want: "At least 5 users: no more can be measured: the rows of users.csv are used up. ",
		},
		{
			name: "a row for each user, and the others fail", rows: 5,
			data: "{file: users.csv, per: user}",
			want: "At least 5 users: no more can be measured: the rows of users.csv are used up. ",
		},
		{
			name: "a row for each iteration", rows: 300,
			data: "{file: users.csv, per: iteration}",
			want: "the rows of users.csv are used up, and no level ",
		},
		{
			name: "values that can't be sent", rows: -1,
			data: "{file: users.csv, per: iteration, when_exhausted: repeat}",
			want: "Not decided: with 1 user already it can't be measured: request GET /: bad request: the value of the header X-User holds a line break",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			rows := "name\n" + strings.Repeat("somebody\n", max(c.rows, 0))
			if c.rows < 0 {
				rows += "\"two\nlines\"\n"
			}
			if err := os.WriteFile(filepath.Join(dir, "users.csv"), []byte(rows), 0o600); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "s.yaml")
			if err := os.WriteFile(file, []byte("url: "+app.URL+"\ndata: {account: "+c.data+"}\n"+steps), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := loadwright.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			a, _, err := loadwright.FindCapacity(t.Context(), s, loadwright.Options{Out: t.TempDir(), NoReport: true}, loadwright.CapacityOptions{Budget: 3 * time.Minute, AllowSaturated: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Sentence(); !strings.Contains(got, c.want) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			if a.Breaks != nil {
				t.Errorf("it breaks: %+v", a.Breaks)
			}
		})
	}
}
