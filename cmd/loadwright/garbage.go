package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// garbageInterval is how often it is looked at how often garbage is collected.
	garbageInterval = 250 * time.Millisecond
	// oftenCollected is how many collections in an interval are too many.
	oftenCollected = 2
	// patientPercent is GOGC's value where they are, as long as what that leaves
	// lying about stays under mostGarbage.
	patientPercent = 400
	mostGarbage    = 128 << 20
)

// spareCollections has garbage collected less often where that happens many times
// a second, as with thousands of HTTP requests a second: on all cores, while
// answers wait to be timed. Where GOGC is set, it stays as it is. It never returns.
func spareCollections() {
	if _, set := os.LookupEnv("GOGC"); set {
		return
	}
	read := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	var before uint64
	percent, often := 100, false
	for range time.Tick(garbageInterval) {
		metrics.Read(read)
		cycles, live := read[0].Value.Uint64(), read[1].Value.Uint64()
		often = often || cycles-before >= oftenCollected
		before = cycles
		if p := percentFor(often, live); p != percent {
			debug.SetGCPercent(p)
			percent = p
		}
	}
}

// percentFor is GOGC's value for a heap of which so many bytes are live.
func percentFor(often bool, live uint64) int {
	const step = 50 // each change stops the program for a moment
	if !often {
		return 100
	}
	within := uint64(mostGarbage) * 100 / max(live, 1)
	return int(max(100, min(patientPercent, within/step*step)))
}
