package proc

import (
	"errors"
	"os/exec"
	"sync"
	"time"
)

// A Tree is a command and all that it starts, in a process group of its own
// under a [Nest].
type Tree struct {
	nest *Nest
	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid once done is closed

	mu    sync.Mutex
	ended bool // from then on the group's id may be another's
}

// outputLimit is how long a tree's output is read on after its command ended,
// while descendants still hold it open.
const outputLimit = time.Second

// Start starts cmd, which must not have been started, as the leader of a
// process group under the nest; on Unix it is registered before its program
// begins, so that no moment is left in which we could die and it could stay.
// When the command ends, what is left of its group is killed.
//
// What leaves the group, as daemons do, is known by its environment, where
// LOADWRIGHT_NEST is the nest's folder: Close ends it too, and so does the guard
// when we die. (On Windows the job holds them all.)
//
// cmd.SysProcAttr is Start's to set. cmd.WaitDelay is a second unless told.
func (n *Nest) Start(cmd *exec.Cmd) (*Tree, error) {
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	cmd.Env = append(cmd.Environ(), "LOADWRIGHT_NEST="+n.dir+"/")
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = outputLimit
	}
	if err := n.startGroup(cmd); err != nil {
		return nil, err
	}
	t := &Tree{nest: n, cmd: cmd, done: make(chan struct{})}
	go t.wait()
	return t, nil
}

// startGroup holds the lock, so that Close finds the group or prevents it.
func (n *Nest) startGroup(cmd *exec.Cmd) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return errClosed
	}
	if err := n.guard.start(cmd); err != nil {
		return err
	}
	n.groups[cmd.Process.Pid] = struct{}{}
	return nil
}

func (t *Tree) wait() {
	t.err = t.cmd.Wait()
	if errors.Is(t.err, exec.ErrWaitDelay) {
		t.err = nil // a descendant held the output open: it is killed now
	}
	t.mu.Lock()
	_ = KillGroup(t.PID())
	t.nest.Release(t.PID())
	t.ended = true
	t.mu.Unlock()
	close(t.done)
}

// PID is the id of the command's process and of its group.
func (t *Tree) PID() int { return t.cmd.Process.Pid }

// Done is closed when the command has ended, its output has been written and
// what was left of its group is killed.
func (t *Tree) Done() <-chan struct{} { return t.done }

// Wait waits for Done and returns how the command ended, as [exec.Cmd.Wait] does.
func (t *Tree) Wait() error {
	<-t.done
	return t.err
}

// Stop asks the whole group to end (SIGTERM; on Windows Ctrl-Break), kills it
// after grace, and waits for Done. It returns what Wait returns.
func (t *Tree) Stop(grace time.Duration) error {
	t.signal(termGroup)
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-t.done:
	case <-patience.C:
		t.signal(KillGroup)
	}
	return t.Wait()
}

func (t *Tree) signal(send func(pgid int) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		_ = send(t.PID()) // fails where the group is gone, which is what is wanted
	}
}
