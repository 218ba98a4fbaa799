package provision

import (
	"bytes"
	"errors"
)

// bundle is the file of playwright-core, relative to its folder, that is patched.
const bundle = "lib/coreBundle.js"

// Why a bundle is not ready for use.
var (
	errUnpatched     = errors.New("its " + bundle + " is not patched as playwright-go needs it")
	errUnknownBundle = errors.New("its " + bundle + " is not the one known: the places to patch are not in it")
)

// replacements are what playwright-go's own installer changes in the bundle:
// without them the driver stumbles over a page error that has no location.
// Source: patchDriverBundle in playwright-go's run.go, v0.6000.0.
func replacements() [][2][]byte {
	var list [][2][]byte
	for _, r := range [][2]string{
		{"pageError.location.url", `pageError.location?.url || ""`},
		{"pageError.location.lineNumber", "pageError.location?.lineNumber || 0"},
		{"pageError.location.columnNumber", "pageError.location?.columnNumber || 0"},
	} {
		list = append(list, [2][]byte{[]byte(r[0]), []byte(r[1])})
	}
	return list
}

// patched returns the bundle with all replacements made; a patched bundle comes
// back as it is.
func patched(src []byte) ([]byte, error) {
	for _, r := range replacements() {
		src = bytes.ReplaceAll(src, r[0], r[1])
	}
	return src, checkPatched(src)
}

// checkPatched returns nil, errUnpatched or errUnknownBundle.
func checkPatched(src []byte) error {
	for _, r := range replacements() {
		if bytes.Contains(src, r[0]) {
			return errUnpatched
		}
	}
	for _, r := range replacements() {
		if !bytes.Contains(src, r[1]) {
			return errUnknownBundle
		}
	}
	return nil
}
