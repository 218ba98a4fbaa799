package runner

import (
	"errors"
	"math/rand/v2"
	"runtime"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/mask"
	"github.com/loadwright/loadwright/scenario"
)

// Config is what a run is made of.
type Config struct {
	Scenario *scenario.Scenario // bound
	Opener   Opener
	Sinks    []Sink
	// Trust, where there is one, says of a row what is known of the load
	// generator while the event ran. It is asked before the sinks are told.
	Trust func(*event.Event) event.Trust

	Clock event.Clock // the run's clock; the zero Clock stands for a new one

	// Seed makes the run repeatable: think times are drawn from it, the user's
	// number and the iteration's. nil takes the scenario's, and where that has
	// none either, one is drawn and told in the outcome.
	Seed *int64

	Data  []Data          // whose rows users are given
	Funcs map[string]Func // the users that are written in Go, by the names that the scenario gives them

	// Opens is how many sessions are opened at a time; 0 is one a core.
	Opens int

	// Artefacts is of how many failing iterations something is kept in
	// ArtefactDir, as failure-u<user>-i<iteration>.*. The folder has to be there.
	Artefacts   int
	ArtefactDir string

	// ScreenshotDir is where screenshot steps save; the folder has to be there.
	ScreenshotDir string

	// Mask hides the secrets of the run, and is told of those that rows of data
	// bring; nil takes one that knows the scenario's.
	Mask *mask.Mask

	Control *Control // for watching and stopping the run; may be nil
}

// settle checks c and fills in what it leaves open.
func (c *Config) settle() error {
	switch {
	case c.Scenario == nil || len(c.Scenario.UserTypes) == 0:
		return errors.New("runner: no scenario to run")
	case c.Opener == nil:
		return errors.New("runner: no opener of sessions")
	}
	if err := c.checkFuncs(); err != nil {
		return err
	}
	if c.Mask == nil {
		c.Mask = mask.New(c.Scenario.Secrets()...)
	}
	if c.Clock == (event.Clock{}) {
		c.Clock = event.NewClock()
	}
	if c.Seed == nil {
		c.Seed = c.Scenario.Seed
	}
	if c.Seed == nil {
		seed := rand.Int64()
		c.Seed = &seed
	}
	if c.Opens <= 0 {
		c.Opens = runtime.GOMAXPROCS(0)
	}
	if c.Control == nil {
		c.Control = new(Control)
	}
	return nil
}
