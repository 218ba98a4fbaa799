package serve

import (
	"fmt"
	"net"
	"testing"
)

func TestFreePort(t *testing.T) {
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	listenOn(t, port)
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		l.Close()
		six, err := net.Listen("tcp6", fmt.Sprintf("[::1]:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		six.Close()
	}
}

// Several choose at once, as runs side by side do.
func TestFreePortsDiffer(t *testing.T) {
	const chosen = 50
	ports := make(chan int, chosen)
	for range chosen {
		go func() {
			port, err := FreePort()
			if err != nil {
				t.Error(err)
			}
			ports <- port
		}()
	}
	seen := map[int]int{}
	for range chosen {
		seen[<-ports]++
	}
	if len(seen) < chosen-2 { // nothing keeps a port until it is used
		t.Errorf("%d ports for %d that asked", len(seen), chosen)
	}
}
