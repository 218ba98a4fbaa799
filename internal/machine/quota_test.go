package machine

import (
	"testing"
	"testing/fstest"
)

func TestLimited(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s + "\n")} }
	for _, c := range []struct {
		name, own string
		files     fstest.MapFS
		want      bool
	}{
		{"nothing is there", "0::/\n", nil, false},
		{"no quota", "0::/\n", fstest.MapFS{"cpu.max": file("max 100000")}, false},
		{"a container's", "0::/\n", fstest.MapFS{"cpu.max": file("150000 100000")}, true},
		{"as much as there is", "0::/\n", fstest.MapFS{"cpu.max": file("400000 100000")}, false},
		{"of the one above", "0::/a/b\n", fstest.MapFS{"a/cpu.max": file("100000 100000"), "a/b/cpu.max": file("max 100000")}, true},
		{"of another", "0::/a\n", fstest.MapFS{"b/cpu.max": file("100000 100000")}, false},
		{"version 1", "4:memory:/x\n3:cpu,cpuacct:/x\n", fstest.MapFS{
			"cpu,cpuacct/x/cpu.cfs_quota_us": file("200000"), "cpu,cpuacct/x/cpu.cfs_period_us": file("100000"),
		}, true},
		{"version 1, no quota", "3:cpu,cpuacct:/x\n", fstest.MapFS{
			"cpu,cpuacct/x/cpu.cfs_quota_us": file("-1"), "cpu,cpuacct/x/cpu.cfs_period_us": file("100000"),
		}, false},
	} {
		if got := limited(c.files, c.own, 4); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
