package machine

import (
	"os"
	"testing"
)

// A look happens each second of a run.
func BenchmarkLook(b *testing.B) {
	for b.Loop() {
		look(b.Context(), nil, 0)
	}
}

func BenchmarkLookWithApp(b *testing.B) {
	for b.Loop() {
		look(b.Context(), nil, os.Getppid())
	}
}
