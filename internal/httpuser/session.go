package httpuser

import (
	"context"

	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// session is what a user without a browser has while an iteration lasts: its
// cookies. It implements [runner.Session].
type session struct {
	*Client
	cookies *jar
}

// Do implements [runner.Session].
func (s *session) Do(ctx context.Context, stretch []scenario.Action) ([]runner.Span, error) {
	spans := make([]runner.Span, 0, len(stretch))
	for _, a := range stretch {
		span, err := s.Client.Do(ctx, a)
		if err != nil {
			return spans, err
		}
		spans = append(spans, span)
	}
	return spans, nil
}

// Arm implements [runner.Session]. There is no page to look at.
func (s *session) Arm(context.Context, []scenario.Action) (disarm func()) { return func() {} }

// Capture implements [runner.Session].
func (s *session) Capture(_ context.Context, base string, hide func(string) string) error {
	return s.Client.Capture(base, hide)
}

// State implements [runner.Session].
func (s *session) State(context.Context) (*runner.State, error) {
	return &runner.State{Cookies: s.cookies.state()}, nil
}
