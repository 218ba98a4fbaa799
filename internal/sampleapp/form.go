package sampleapp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Bounds on what the form may send.
const (
	maxForm   = 32 << 20 // bytes
	maxMemory = 1 << 20  // bytes; what is beyond goes to a temporary file
)

// save answers what was sent with /form, in words.
func (a *App) save(w http.ResponseWriter, r *http.Request) {
	_, run, err := a.delays(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseMultipartForm(maxMemory); err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, err.Error(), status)
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	if r.FormValue("name") == "" {
		http.Error(w, "the name is missing", http.StatusUnprocessableEntity)
		return
	}
	if wait(r.Context(), a.clerk.takes(run[0])) != nil {
		cutShort(w)
		return
	}
	answer(w, map[string]any{"message": summary(r)})
}

func summary(r *http.Request) string {
	parts := []string{"Saved " + r.FormValue("name")}
	for _, field := range []string{"email", "country", "plan"} {
		if v := r.FormValue(field); v != "" {
			parts = append(parts, v)
		}
	}
	parts = append(parts, r.MultipartForm.Value["topic"]...)
	if v := r.FormValue("first"); v != "" {
		parts = append(parts, v+" first")
	}
	for _, f := range r.MultipartForm.File["attachment"] {
		if f.Filename != "" {
			parts = append(parts, fmt.Sprintf("%s (%d bytes)", f.Filename, f.Size))
		}
	}
	return strings.Join(parts, ", ")
}
