package serve

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/scenario"
)

// The test binary plays apps too, as this variable says.
const roleVar = "SERVE_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		play(role, os.Args[1:])
		return
	}
	goleak.VerifyTestMain(m)
}

// play is an app's life.
func play(role string, args []string) {
	switch role {
	case "serves": // on a port, and answers with a status
		serveUntilAsked(args[0], args[1])
	case "exits": // having said much
		for i := range 12 {
			fmt.Printf("line %d\n", i)
		}
		fmt.Fprint(os.Stderr, "\x1b[31mpassword is s3cret\x1b[0m, "+strings.Repeat("x", 300))
		os.Exit(3)
	case "returns":
	case "exits when there is": // a file
		for !exists(args[0]) {
			time.Sleep(time.Millisecond)
		}
		os.Exit(1)
	case "mute": // takes connections and says nothing
		l := must(net.Listen("tcp", "127.0.0.1:"+args[0]))
		for {
			must(l.Accept())
		}
	default:
		playMore(role, args)
	}
}

func serveUntilAsked(port, status string) {
	fmt.Println("in", must(os.Getwd()), "with", os.Getenv("GREETING"))
	l := must(net.Listen("tcp", "127.0.0.1:"+port))
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		code := 0
		_, _ = fmt.Sscan(status, &code)
		w.WriteHeader(code)
	})
	mux.HandleFunc("/die", func(http.ResponseWriter, *http.Request) {
		fmt.Println("somebody asked me to die")
		os.Exit(4)
	})
	go func() { _ = http.Serve(l, mux) }()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	<-asked
	fmt.Println("bye")
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(70)
	}
	return v
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// options start this binary in a role, with a free port as ${port}.
func options(t *testing.T, role string, args ...string) Options {
	t.Helper()
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "${port}", fmt.Sprint(port))
	}
	return Options{
		Serve: scenario.Serve{
			Command: append([]string{os.Args[0]}, args...),
			Cwd:     ".",
			Env:     map[string]string{roleVar: role},
			Ready:   "/ready",
			Timeout: time.Minute,
		},
		URL:       fmt.Sprintf("http://localhost:%d/app", port),
		Port:      port,
		Output:    &output{},
		Ready:     httpuser.Ready,
		Listening: machine.Listening,
	}
}

// output is a buffer that is written while a test reads.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// listenOn takes a port, as another program would.
func listenOn(t *testing.T, port int) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
}

// eventually waits for a condition that other processes bring about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s, still not: %s", what)
		}
	}
}

func get(ctx context.Context, url string) {
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	request.Close = true
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
	}
}
