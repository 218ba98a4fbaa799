package machine

import (
	"io/fs"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// Limited tells whether a quota of the cgroup that this program is in leaves it
// less CPU time than its cores have: then what a program takes of them says
// nothing about what it lacks.
func Limited() bool {
	if runtime.GOOS != "linux" {
		return false
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return false
	}
	return limited(os.DirFS("/sys/fs/cgroup"), string(own), runtime.NumCPU())
}

// limited looks at the cgroups that cgroups(7) names and at those above them, of
// version 2 and of version 1.
func limited(files fs.FS, own string, cores int) bool {
	for line := range strings.Lines(own) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		root, of := ".", quota2
		if parts[1] != "" {
			if !strings.Contains(","+parts[1]+",", ",cpu,") {
				continue
			}
			root, of = parts[1], quota1
		}
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			if q := of(files, path.Join(root, dir)); q > 0 && q < float64(cores) {
				return true
			}
			if dir == "/" {
				break
			}
		}
	}
	return false
}

// quota2 is a quota in cores by cpu.max: "200000 100000"; 0: none.
func quota2(files fs.FS, dir string) float64 {
	most, period, _ := strings.Cut(text(files, path.Join(dir, "cpu.max")), " ")
	return share(most, period)
}

// quota1 is a quota in cores by the files of version 1; 0: none.
func quota1(files fs.FS, dir string) float64 {
	return share(text(files, path.Join(dir, "cpu.cfs_quota_us")), text(files, path.Join(dir, "cpu.cfs_period_us")))
}

// share is 0 where there is no quota: "max", "-1" or no file.
func share(most, period string) float64 {
	q, err := strconv.ParseFloat(most, 64)
	p, perr := strconv.ParseFloat(period, 64)
	if err != nil || perr != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q / p
}

func text(files fs.FS, name string) string {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
