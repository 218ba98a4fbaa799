package provision

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive makes a gzipped tar of headers; a file's text is its name.
func archive(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	w := tar.NewWriter(gz)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func file(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}
}

func TestUnpackTar(t *testing.T) {
	dir := t.TempDir()
	exe := file("package/bin/x")
	exe.Mode = 0o4777
	err := unpackTar(bytes.NewReader(archive(t,
		tar.Header{Name: "package/", Typeflag: tar.TypeDir, Mode: 0o755}, file("package/a/b/c"), exe, file("package/./d"))), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{"package/a/b/c": 0o644, "package/bin/x": 0o755, "package/d": 0o644} {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		} else if filepath.Separator == '/' && info.Mode() != mode {
			t.Errorf("%s has mode %v; want %v", name, info.Mode(), mode)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	link := func(kind byte, name, to string) tar.Header {
		return tar.Header{Name: name, Typeflag: kind, Linkname: to}
	}
	tests := map[string]struct {
		data []byte
		want string
	}{
		"parent":      {archive(t, file("../evil")), "outside its folder"},
		"deep parent": {archive(t, file("package/../../evil")), "outside its folder"},
		"absolute":    {archive(t, file("/evil")), "outside its folder"},
		"backslash":   {archive(t, file(`package\..\..\evil`)), "outside its folder"},
		"itself":      {archive(t, file("package/..")), "outside its folder"},
		"symlink":     {archive(t, link(tar.TypeSymlink, "package", ".."), file("package/evil")), "neither file nor folder"},
		"hard link":   {archive(t, link(tar.TypeLink, "package/x", "../evil")), "neither file nor folder"},
		"device":      {archive(t, link(tar.TypeChar, "package/x", "")), "neither file nor folder"},
		"no gzip":     {[]byte("hello"), "not a gzipped tar"},
		"cut off":     {archive(t, file("package/a"), file("package/b"))[:60], "a broken tar"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "in")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			err := unpackTar(bytes.NewReader(test.data), dir)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v; want an error with %q", err, test.want)
			}
			if entries, _ := os.ReadDir(outer); len(entries) != 1 {
				t.Errorf("written outside: %v", entries)
			}
		})
	}
}

func TestUnpackBounds(t *testing.T) {
	d, err := openDestination(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	d.bytes, d.files = 10, 2
	if err := d.write("a", 0, strings.NewReader("0123456789")); err != nil {
		t.Errorf("up to the bound: %v", err)
	}
	if err := d.write("b", 0, strings.NewReader("0")); err == nil {
		t.Error("one byte too many was written")
	}
	d.bytes = 10
	if err := d.write("c", 0, strings.NewReader("")); err == nil {
		t.Error("one file too many was written")
	}
}

func TestUnpackZipRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "wheel")
	if err := os.WriteFile(path, []byte("no zip"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := unpackZip(path, "x/", dir); err == nil || !strings.Contains(err.Error(), "not a zip") {
		t.Errorf("got %v", err)
	}
}

// Whatever an archive holds, nothing is written outside the folder.
func FuzzUnpackTar(f *testing.F) {
	f.Add(archive(f, file("package/a"), file("package/b/c")))
	f.Add(archive(f, file("../evil")))
	f.Add(archive(f, tar.Header{Name: "package", Typeflag: tar.TypeSymlink, Linkname: ".."}, file("package/evil")))
	f.Fuzz(func(t *testing.T, data []byte) {
		outer := t.TempDir()
		dir := filepath.Join(outer, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = unpackTar(bytes.NewReader(data), dir)
		if entries, _ := os.ReadDir(outer); len(entries) != 1 {
			t.Errorf("written outside: %v", entries)
		}
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !entry.Type().IsRegular() {
				t.Errorf("made %s, which is no file", path)
			}
			return nil
		})
	})
}
