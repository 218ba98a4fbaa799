package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// act is what a page action does and which inputs bound its time.
type act struct {
	do func(ctx context.Context, s *session) (value string, err error)

	// The inputs that the page sees of it: it begins with the first of begin
	// and ends with the last of end. Without any, it is timed by the runner.
	begin, end []inputKind
	single     bool   // one of end completes it
	document   string // where they are seen

	// A navigation is timed by the documents it makes.
	navigates bool
	until     scenario.LoadState
	asked     *event.Instant // when its first request was sent; 0: unknown
}

var (
	pointer  = []inputKind{"pointerdown"}
	clicks   = []inputKind{"click", "auxclick", "contextmenu"}
	released = []inputKind{"pointerup", "drop", "dragend"}
	moves    = []inputKind{"pointermove"}
	keyDown  = []inputKind{"keydown"}
	keyUp    = []inputKind{"keyup"}
	edits    = []inputKind{"edit", "focus"}
	focuses  = []inputKind{"focus"}
	scrolls  = []inputKind{"scroll"}
)

// actOf says what to do for an operation; false for the waits, which are in
// [waitOf].
func actOf(op scenario.Op) (act, bool) {
	switch op := op.(type) {
	case *scenario.Goto:
		return gotoAct(op), true
	case *scenario.Reload:
		return navigation(op.WaitUntil, scenario.StatusRule{}, func(ctx context.Context, s *session) (playwright.Response, error) {
			return s.page.Reload(playwright.PageReloadOptions{WaitUntil: waitUntil(op.WaitUntil), Timeout: timeLeft(ctx)})
		}), true
	case *scenario.Back:
		return navigation(op.WaitUntil, scenario.StatusRule{}, func(ctx context.Context, s *session) (playwright.Response, error) {
			return s.page.GoBack(playwright.PageGoBackOptions{WaitUntil: waitUntil(op.WaitUntil), Timeout: timeLeft(ctx)})
		}), true
	case *scenario.Click:
		return clickAct(op), true
	case *scenario.DblClick:
		return inputAct(op.Target, pointer, clicks, func(ctx context.Context, l playwright.Locator) error {
			// playwright-go 0.6000.0 refuses its own options for Dblclick.
			return l.Click(playwright.LocatorClickOptions{ClickCount: playwright.Int(2), Timeout: timeLeft(ctx)})
		}), true
	case *scenario.Hover:
		return inputAct(op.Target, moves, moves, func(ctx context.Context, l playwright.Locator) error {
			return l.Hover(playwright.LocatorHoverOptions{Timeout: timeLeft(ctx)})
		}), true
	case *scenario.Focus:
		return inputAct(op.Target, focuses, focuses, func(ctx context.Context, l playwright.Locator) error {
			return l.Focus(playwright.LocatorFocusOptions{Timeout: timeLeft(ctx)})
		}), true
	case *scenario.Check:
		return singly(inputAct(op.Target, pointer, clicks, func(ctx context.Context, l playwright.Locator) error {
			return l.Check(playwright.LocatorCheckOptions{Timeout: timeLeft(ctx)})
		})), true
	case *scenario.Uncheck:
		return singly(inputAct(op.Target, pointer, clicks, func(ctx context.Context, l playwright.Locator) error {
			return l.Uncheck(playwright.LocatorUncheckOptions{Timeout: timeLeft(ctx)})
		})), true
	case *scenario.Fill:
		return typing(op.Target, op.Value, inputAct(op.Target, edits, edits, func(ctx context.Context, l playwright.Locator) error {
			return l.Fill(op.Value, playwright.LocatorFillOptions{Timeout: timeLeft(ctx)})
		})), true
	case *scenario.PressSequentially:
		return typing(op.Target, op.Value, inputAct(op.Target, keyDown, keyUp, func(ctx context.Context, l playwright.Locator) error {
			return l.PressSequentially(op.Value, playwright.LocatorPressSequentiallyOptions{Timeout: timeLeft(ctx)})
		})), true
	case *scenario.Press:
		return inputAct(op.Target, keyDown, keyUp, func(ctx context.Context, l playwright.Locator) error {
			return times(ctx, op.Times, func() error {
				return l.Press(op.Key, playwright.LocatorPressOptions{Timeout: timeLeft(ctx)})
			})
		}), true
	case *scenario.Keyboard:
		return act{begin: keyDown, end: keyUp, do: func(ctx context.Context, s *session) (string, error) {
			return "", times(ctx, op.Times, func() error { return s.page.Keyboard().Press(op.Key) })
		}}, true
	case *scenario.Select:
		return inputAct(op.Target, edits, edits, func(ctx context.Context, l playwright.Locator) error {
			_, err := l.SelectOption(playwright.SelectOptionValues{ValuesOrLabels: &op.Values}, playwright.LocatorSelectOptionOptions{Timeout: timeLeft(ctx)})
			return err
		}), true
	case *scenario.Upload:
		return inputAct(op.Target, edits, edits, func(ctx context.Context, l playwright.Locator) error {
			return upload(ctx, l, op.Files)
		}), true
	case *scenario.Drag:
		return dragAct(op), true
	case *scenario.Scroll:
		return scrollAct(op), true
	case *scenario.Set:
		return setAct(op), true
	case *scenario.Evaluate:
		return act{do: func(_ context.Context, s *session) (string, error) { return evaluate(s, op.JS, op.Args) }}, true
	case *scenario.Screenshot:
		return act{do: func(ctx context.Context, s *session) (string, error) {
			picture, err := s.page.Screenshot(playwright.PageScreenshotOptions{Timeout: timeLeft(ctx)})
			if err != nil {
				return "", err
			}
			return "", event.WriteBeside(op.Path, picture)
		}}, true
	case *scenario.Look:
		return act{do: func(ctx context.Context, s *session) (string, error) {
			visible, err := s.visible(op.Target)
			return strconv.FormatBool(visible), err
		}}, true
	}
	return act{}, false
}

// inputAct is an action on a target that the page sees as input.
func inputAct(t scenario.Target, begin, end []inputKind, f func(context.Context, playwright.Locator) error) act {
	return act{begin: begin, end: end, document: document(t), do: func(ctx context.Context, s *session) (string, error) {
		return "", f(ctx, s.locator(t))
	}}
}

func (s *session) locator(t scenario.Target) playwright.Locator { return s.page.Locator(selector(t)) }

// visible looks once.
func (s *session) visible(t scenario.Target) (bool, error) { return s.locator(t).IsVisible() }

func times(ctx context.Context, n int, f func() error) error {
	for range max(1, n) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// otherInput is an input that takes no files, as Playwright's log shows it.
var otherInput = regexp.MustCompile(`resolved to <input (.*)`)

func upload(ctx context.Context, l playwright.Locator, files []string) error {
	err := l.SetInputFiles(files, playwright.LocatorSetInputFilesOptions{Timeout: timeLeft(ctx)})
	if errors.Is(err, playwright.ErrTimeout) {
		// Playwright tries again and again to give a file to a text input.
		if m := otherInput.FindStringSubmatch(err.Error()); m != nil && !strings.Contains(m[1], `type="file"`) {
			return errors.New(noFileInput)
		}
	}
	return err
}

// singly marks an action of which the page sees one end.
func singly(a act) act {
	a.single = true
	return a
}

func clickAct(op *scenario.Click) act {
	a := inputAct(op.Target, pointer, clicks, func(ctx context.Context, l playwright.Locator) error {
		return times(ctx, op.Times, func() error {
			o := playwright.LocatorClickOptions{Timeout: timeLeft(ctx)}
			if op.Button != "" {
				b := playwright.MouseButton(op.Button)
				o.Button = &b
			}
			for _, m := range op.Modifiers {
				o.Modifiers = append(o.Modifiers, playwright.KeyboardModifier(m))
			}
			if op.Position != nil {
				o.Position = &playwright.Position{X: op.Position.X, Y: op.Position.Y}
			}
			return l.Click(o)
		})
	})
	a.single = op.Times <= 1
	return a
}

func dragAct(op *scenario.Drag) act {
	return inputAct(op.Target, pointer, released, func(ctx context.Context, l playwright.Locator) error {
		page, err := l.Page()
		if err != nil {
			return err
		}
		if op.To != nil {
			return l.DragTo(page.Locator(selector(*op.To)), playwright.LocatorDragToOptions{Timeout: timeLeft(ctx)})
		}
		if err := l.Hover(playwright.LocatorHoverOptions{Timeout: timeLeft(ctx)}); err != nil {
			return err
		}
		box, err := l.BoundingBox(playwright.LocatorBoundingBoxOptions{Timeout: timeLeft(ctx)})
		if err != nil {
			return err
		}
		if box == nil {
			return fmt.Errorf("the element is not visible, so it cannot be dragged")
		}
		m := page.Mouse()
		if err := m.Down(); err != nil {
			return err
		}
		const steps = 5 // sliders and sortable lists want to see it move
		if err := m.Move(box.X+box.Width/2+op.By.X, box.Y+box.Height/2+op.By.Y, playwright.MouseMoveOptions{Steps: playwright.Int(steps)}); err != nil {
			return err
		}
		return m.Up()
	})
}

// shown waits until the page has shown what it was asked to: scroll events come
// with the next frame. Where nothing is drawn, not for long.
const shown = `() => new Promise(done => { requestAnimationFrame(() => requestAnimationFrame(done)); setTimeout(done, 100) })`

func scrollAct(op *scenario.Scroll) act {
	if op.Target != nil {
		return inputAct(*op.Target, scrolls, scrolls, func(ctx context.Context, l playwright.Locator) error {
			if err := l.ScrollIntoViewIfNeeded(playwright.LocatorScrollIntoViewIfNeededOptions{Timeout: timeLeft(ctx)}); err != nil {
				return err
			}
			_, err := l.Evaluate(shown, nil, playwright.LocatorEvaluateOptions{Timeout: timeLeft(ctx)})
			return err
		})
	}
	return act{begin: scrolls, end: scrolls, do: func(_ context.Context, s *session) (string, error) {
		if err := s.page.Mouse().Wheel(0, op.By); err != nil {
			return "", err
		}
		_, err := s.page.Evaluate(shown)
		return "", err
	}}
}

func setAct(op *scenario.Set) act {
	return act{do: func(ctx context.Context, s *session) (string, error) {
		switch {
		case op.JS != "":
			return evaluate(s, op.JS, op.Args)
		case op.From == nil:
			return op.Value, nil
		case op.Attribute != "":
			return s.locator(*op.From).GetAttribute(op.Attribute, playwright.LocatorGetAttributeOptions{Timeout: timeLeft(ctx)})
		default:
			return s.locator(*op.From).InnerText(playwright.LocatorInnerTextOptions{Timeout: timeLeft(ctx)})
		}
	}}
}

// evaluate runs JavaScript in the page and writes its value as text: a string
// as it is, nothing as "", all else as JSON.
func evaluate(s *session, js string, args map[string]any) (string, error) {
	v, err := evaluateRaw(s, js, args)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	}
	text, err := json.Marshal(v)
	return string(text), err
}

func evaluateRaw(s *session, js string, args map[string]any) (any, error) {
	if args == nil {
		return s.page.Evaluate(js)
	}
	return s.page.Evaluate(js, args)
}
