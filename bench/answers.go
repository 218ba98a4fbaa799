package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/loadwright/loadwright/internal/proc"
)

// smallAnswer is what each request is answered with.
const smallAnswer = `{"ok":true}`

// answerUntilLeft is the server of HTTP users, in a process of its own: it prints
// its address and answers until its input ends. What it has answered so far is
// told at /answered: that is seen in the same way for every tool.
func answerUntilLeft(kind string) error {
	var answered atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/answered" {
			fmt.Fprint(w, answered.Load())
			return
		}
		answered.Add(1)
		_, _ = io.WriteString(w, smallAnswer) // who asked may be gone
	}))
	if kind == "https" {
		s.StartTLS()
	} else {
		s.Start()
	}
	fmt.Println(s.URL)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// answering is such a server.
type answering struct {
	url    string
	client *http.Client
	tree   *proc.Tree
	leave  io.Closer
}

// serveAnswers starts one; kind is http or https.
func serveAnswers(nest *proc.Nest, kind string) (*answering, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "answer", kind)
	leave, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	a := &answering{leave: leave}
	if a.tree, err = nest.Start(cmd); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		a.close()
		return nil, fmt.Errorf("the bench's own server: %w", err)
	}
	a.url = strings.TrimSpace(line)
	a.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // it is our own
	}}
	return a, nil
}

// answered is how many requests it has answered.
func (a *answering) answered() (int, error) {
	r, err := a.client.Get(a.url + "/answered")
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

func (a *answering) close() {
	if a.client != nil {
		a.client.CloseIdleConnections()
	}
	_ = a.leave.Close()
	_ = a.tree.Wait() // it ends with its input
}
