// Package gotest shows a load test inside `go test`: copy it beside your own
// app and change the handler.
package gotest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
)

// page asks the server at each click, and shows what it answers.
const page = `<!doctype html>
<title>app</title>
<button>Run</button>
<p role="status">No run yet</p>
<script>
  let n = 0;
  document.querySelector('button').onclick = async () => {
    const answer = await (await fetch('/run')).text();
    document.querySelector('p').textContent = 'Finished run ' + ++n + ': ' + answer;
  };
</script>`

// app is the app under test: it needs 50 ms a run.
func app() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	mux.HandleFunc("GET /run", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(50 * time.Millisecond)
		fmt.Fprint(w, "done")
	})
	return mux
}

func TestThreeUsersAtOnce(t *testing.T) {
	server := httptest.NewServer(app())
	defer server.Close()

	s, err := loadwright.Load("scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	res, err := loadwright.Run(t.Context(), s, loadwright.Options{Users: 3, URL: server.URL, Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res.Failures {
		t.Error(f.Err)
	}
	if mean := res.Event("interact").Mean; mean > 10*time.Second {
		t.Errorf("interact takes %s on average, more than 10 s", mean)
	}
	if !res.OK() {
		t.Errorf("thresholds: %+v", res.Thresholds)
	}
}
