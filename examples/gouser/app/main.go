// Command app is the app under test of the example: put your own in its place.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"
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
    document.querySelector('p').textContent = 'Finished run ' + ++n + ' in ' + answer;
  };
</script>`

func main() {
	port := flag.Int("port", 5006, "the port to listen on")
	flag.Parse()
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	http.HandleFunc("GET /run", func(w http.ResponseWriter, _ *http.Request) {
		const work = 50 * time.Millisecond
		time.Sleep(work)
		fmt.Fprint(w, work)
	})
	log.Fatal(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *port), nil))
}
