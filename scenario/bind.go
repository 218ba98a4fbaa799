package scenario

import "time"

// Values is what comes from outside the file. A nil pointer leaves what the
// file says.
type Values struct {
	Set map[string]string           // --set name=value
	Env func(string) (string, bool) // os.LookupEnv; nil: no variable is set
	URL string                      // --url; "" leaves the file's

	Users         *int
	Iterations    *int           // drops the file's duration
	Duration      *time.Duration // drops the file's iterations
	StartInterval *time.Duration
	Timeout       *time.Duration
	Headless      *bool
	SlowMo        *time.Duration
	Thresholds    []string // added to the file's
}

// Parse reads a scenario and finds every error that needs no value from
// outside: the error is an [ErrorList]. The scenario has to be bound before it
// is run. file is the name that errors show; nothing is opened.
func Parse(file string, src []byte) (*Scenario, error) { return nil, errNotYet }

// Bind settles the variables, the environment and the overrides, and finds the
// errors that are left: the error is an [ErrorList]. s stays as it is.
func (s *Scenario) Bind(v Values) (*Scenario, error) { return nil, errNotYet }

// Secrets are the values of the environment variables that the scenario uses:
// they are to be shown as *** wherever anything is written. Empty before Bind.
func (s *Scenario) Secrets() []string { return nil }
