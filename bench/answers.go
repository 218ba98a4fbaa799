package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
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
//
// It reads no more of a request than where it ends, and costs little beside the
// tools: they share the machine with it.
func answerUntilLeft(kind string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := kind + "://" + l.Addr().String()
	if kind == "https" {
		s := httptest.NewTLSServer(nil)
		l = tls.NewListener(l, &tls.Config{Certificates: s.TLS.Certificates})
		s.Close()
	}
	fmt.Println(address)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = l.Close()
	}()
	var answered atomic.Int64
	for {
		c, err := l.Accept()
		if err != nil {
			return nil // it was left
		}
		go func() {
			defer c.Close()
			requests := bufio.NewReaderSize(c, 4<<10)
			for answerOne(requests, c, &answered) == nil {
			}
		}()
	}
}

// answerOne reads a request without a body and answers it.
func answerOne(from *bufio.Reader, to io.Writer, answered *atomic.Int64) error {
	told := false
	for first := true; ; first = false {
		line, err := from.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first {
			told = bytes.HasPrefix(line, []byte("GET /answered "))
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	text := smallAnswer
	if told {
		text = strconv.FormatInt(answered.Load(), 10)
	} else {
		answered.Add(1)
	}
	_, err := fmt.Fprintf(to, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
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
