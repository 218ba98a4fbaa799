package browser

import (
	"context"
	"strings"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/scenario"
)

// fieldLook bounds the look at what kind of field was typed into.
const fieldLook = 300 * time.Millisecond

// typing is an action that types a value.
func typing(t scenario.Target, value string, a act) act {
	do := a.do
	a.do = func(ctx context.Context, s *session) (string, error) {
		seen, err := do(ctx, s)
		if err == nil && value != "" {
			s.typed(t, value)
		}
		return seen, err
	}
	return a
}

// typed makes a secret of a value where the field hides it. The look is on its way
// before the next action is, and nobody waits for it.
func (s *session) typed(t scenario.Target, value string) {
	field := s.locator(t)
	s.spawn(func() {
		kind, err := field.GetAttribute("type", playwright.LocatorGetAttributeOptions{Timeout: milliseconds(fieldLook)})
		if err == nil && strings.EqualFold(kind, "password") {
			s.pool.o.Mask.Add(value)
		}
	})
}
