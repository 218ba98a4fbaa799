// Package machine looks at the machine that a run happens on.
package machine

import (
	"context"
	"runtime"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"
)

// Machine is what a result should be read with: the same run reads differently
// elsewhere. What the system does not tell is empty.
type Machine struct {
	OS          string `json:"os"`           // the system, like linux
	Platform    string `json:"platform"`     // the system's name and version, like debian 12.11
	Arch        string `json:"arch"`         // of the processors, like amd64
	CPU         string `json:"cpu"`          // the first processor's name
	Cores       int    `json:"cores"`        // cores that loadwright may use
	MemoryBytes uint64 `json:"memory_bytes"` // memory that it has
}

// Describe looks.
func Describe(ctx context.Context) Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.GOMAXPROCS(0)}
	if name, _, version, err := host.PlatformInformationWithContext(ctx); err == nil {
		m.Platform = name + " " + version
	}
	if cpus, err := cpu.InfoWithContext(ctx); err == nil && len(cpus) > 0 {
		m.CPU = cpus[0].ModelName
	}
	if v, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		m.MemoryBytes = v.Total
	}
	return m
}
