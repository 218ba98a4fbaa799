package browser

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/scenario"
)

// passwords are what was typed into password fields: it is shown as ***.
type passwords struct {
	mu  sync.Mutex
	all []string // the latest
}

const (
	// mostPasswords bounds how many a session remembers.
	mostPasswords = 32
	// fieldLook bounds the look at what kind of field it was.
	fieldLook = 300 * time.Millisecond
)

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

// typed remembers a value where the field hides it. The look is on its way
// before the next action is, and nobody waits for it.
func (s *session) typed(t scenario.Target, value string) {
	field := s.locator(t)
	s.spawn(func() {
		kind, err := field.GetAttribute("type", playwright.LocatorGetAttributeOptions{Timeout: milliseconds(fieldLook)})
		if err != nil || !strings.EqualFold(kind, "password") {
			return
		}
		p := &s.passwords
		p.mu.Lock()
		defer p.mu.Unlock()
		if !slices.Contains(p.all, value) {
			p.all = append(p.all[max(0, len(p.all)-mostPasswords+1):], value)
		}
	})
}

// hide puts *** in the place of passwords.
func (p *passwords) hide(text string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, secret := range p.all {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// hideIn is err without the passwords in its text.
func (p *passwords) hideIn(err error) error {
	if err == nil {
		return nil
	}
	if text := p.hide(err.Error()); text != err.Error() {
		return hiddenError{err, text}
	}
	return err
}

type hiddenError struct {
	error
	text string
}

func (e hiddenError) Error() string { return e.text }
func (e hiddenError) Unwrap() error { return e.error }
