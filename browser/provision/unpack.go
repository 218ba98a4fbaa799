package provision

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds of an archive; the largest known, the wheel for Linux, has 213 files
// and 141 MB.
const (
	maxUnpacked = 1 << 30
	maxFiles    = 20_000
)

// unpackTar writes the files of a gzipped tar, as npm makes them, under dir.
func unpackTar(r io.Reader, dir string) error {
	d, err := openDestination(dir)
	if err != nil {
		return err
	}
	defer d.close()
	gz, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("not a gzipped tar: %w", err)
	}
	archive := tar.NewReader(gz)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a broken tar: %w", err)
		}
		switch h.Typeflag {
		case tar.TypeReg:
			if err := d.write(h.Name, h.FileInfo().Mode(), archive); err != nil {
				return err
			}
		case tar.TypeDir, tar.TypeXGlobalHeader:
		default:
			return fmt.Errorf("refused: %q in the archive is neither file nor folder", h.Name)
		}
	}
}

// unpackZip writes the files of a zip that lie under prefix (which ends in a
// slash) under dir, without the prefix.
func unpackZip(file, prefix, dir string) error {
	d, err := openDestination(dir)
	if err != nil {
		return err
	}
	defer d.close()
	archive, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("not a zip: %w", err)
	}
	defer archive.Close()
	for _, entry := range archive.File {
		name, ok := strings.CutPrefix(entry.Name, prefix)
		if !ok || name == "" || strings.HasSuffix(name, "/") {
			continue
		}
		if !entry.Mode().IsRegular() {
			return fmt.Errorf("refused: %q in the archive is neither file nor folder", entry.Name)
		}
		if err := d.writeEntry(name, entry); err != nil {
			return err
		}
	}
	return nil
}

// destination is a folder that an archive is unpacked into. Nothing is written
// outside it, whatever the archive's names say.
type destination struct {
	root  *os.Root
	bytes int64
	files int
}

func openDestination(dir string) (*destination, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &destination{root: root, bytes: maxUnpacked, files: maxFiles}, nil
}

func (d *destination) close() { _ = d.root.Close() }

func (d *destination) writeEntry(name string, entry *zip.File) error {
	r, err := entry.Open()
	if err != nil {
		return fmt.Errorf("%s in the archive: %w", entry.Name, err)
	}
	defer r.Close()
	return d.write(name, entry.Mode(), r)
}

func (d *destination) write(name string, mode fs.FileMode, r io.Reader) (err error) {
	local := filepath.FromSlash(path.Clean(name))
	if !filepath.IsLocal(local) || strings.Contains(name, `\`) || path.Clean(name) == "." {
		return fmt.Errorf("refused: the archive wants to write %q, outside its folder", name)
	}
	if d.files--; d.files < 0 {
		return fmt.Errorf("refused: more than %d files in the archive", maxFiles)
	}
	if err := d.root.MkdirAll(filepath.Dir(local), 0o755); err != nil {
		return err
	}
	perm := fs.FileMode(0o644)
	if mode&0o100 != 0 {
		perm = 0o755
	}
	f, err := d.root.OpenFile(local, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	n, err := io.Copy(f, io.LimitReader(r, d.bytes+1))
	if err != nil {
		return fmt.Errorf("%s in the archive: %w", name, err)
	}
	if d.bytes -= n; d.bytes < 0 {
		return fmt.Errorf("refused: more than %d MB in the archive", maxUnpacked>>20)
	}
	return nil
}
