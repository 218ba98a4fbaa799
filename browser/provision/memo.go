package provision

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// memo remembers what executables answered, so that Find needs not start them:
// node and a browser take a tenth of a second and more to say their version. An
// answer holds as long as the files it was given by are the same in size and
// time of change. It is a help only: when it can't be read or written, all is
// asked anew.
type memo struct {
	path    string // empty when there is no cache folder
	answers map[string]answer
	changed bool
}

type answer struct {
	Files []fingerprint `json:"files"`
	Text  string        `json:"text"`
}

// fingerprint tells a file from its successor.
type fingerprint struct {
	Path  string `json:"path"`
	Size  int64  `json:"size"`
	MTime int64  `json:"mtime_ns"`
}

func fingerprintOf(path string) (fingerprint, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fingerprint{}, err
	}
	return fingerprint{path, info.Size(), info.ModTime().UnixNano()}, nil
}

func openMemo(cacheDir string) *memo {
	m := &memo{answers: map[string]answer{}}
	if cacheDir == "" {
		return m
	}
	m.path = filepath.Join(cacheDir, "versions.json")
	if data, err := os.ReadFile(m.path); err == nil {
		if json.Unmarshal(data, &m.answers) != nil || m.answers == nil {
			m.answers = map[string]answer{}
		}
	}
	return m
}

// ask returns the answer to question, which depends on the files alone, and
// asks only when it is not remembered. Failures are not remembered: what makes
// a program fail (a missing library, say) may lie in other files.
func (m *memo) ask(question string, files []string, ask func() (string, error)) (string, error) {
	now := answer{}
	for _, file := range files {
		print, err := fingerprintOf(file)
		if err != nil {
			return "", err
		}
		now.Files = append(now.Files, print)
	}
	if then, ok := m.answers[question]; ok && then.sameFiles(now) {
		return then.Text, nil
	}
	text, err := ask()
	if err != nil {
		return "", err
	}
	now.Text = text
	m.answers[question] = now
	m.changed = true
	return text, nil
}

func (a answer) sameFiles(b answer) bool {
	if len(a.Files) != len(b.Files) {
		return false
	}
	for i := range a.Files {
		if a.Files[i] != b.Files[i] {
			return false
		}
	}
	return true
}

// save writes the memo if it learnt something, and forgets what is no longer
// true, so that it doesn't grow.
func (m *memo) save() {
	if m.path == "" || !m.changed {
		return
	}
	for question, a := range m.answers {
		for _, then := range a.Files {
			if now, err := fingerprintOf(then.Path); err != nil || now != then {
				delete(m.answers, question)
				break
			}
		}
	}
	data, err := json.MarshalIndent(m.answers, "", "\t")
	if err != nil {
		return
	}
	if writeWhole(m.path, data) == nil {
		m.changed = false
	}
}

// writeWhole writes a file so that a reader sees the old or the new one, whole.
func writeWhole(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
