package machine

import (
	"runtime"
	"testing"
)

func TestDescribe(t *testing.T) {
	m := Describe(t.Context())
	if m.OS != runtime.GOOS || m.Cores < 1 || m.MemoryBytes < 1<<20 {
		t.Errorf("the machine looks like %+v", m)
	}
}
