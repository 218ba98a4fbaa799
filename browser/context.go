package browser

import (
	"fmt"
	"math"
	"net/url"
	"strings"

	"github.com/playwright-community/playwright-go"
)

// block keeps requests from being sent, by the browser's own means: Playwright's
// routing would turn its cache off.
func block(cdp playwright.CDPSession, globs []string) error {
	if len(globs) == 0 {
		return nil
	}
	if _, err := cdp.Send("Network.enable", nil); err != nil {
		return err
	}
	var patterns []string
	for _, g := range globs {
		all, err := choices(g)
		if err != nil {
			return err
		}
		patterns = append(patterns, all...)
	}
	_, err := cdp.Send("Network.setBlockedURLs", map[string]any{"urls": patterns})
	if err != nil {
		return fmt.Errorf("browser.block: %w", err)
	}
	return nil
}

// mostChoices bounds the patterns that one glob may stand for.
const mostChoices = 1000

// choices writes out the {a,b} of a glob, of which the browser's patterns know
// only the star; theirs passes over slashes, too.
func choices(glob string) ([]string, error) {
	all := []string{""}
	for glob != "" {
		before, rest, open := strings.Cut(glob, "{")
		inside, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			before, inside, after = glob, "", ""
		}
		options := strings.Split(inside, ",")
		if len(all)*len(options) > mostChoices {
			return nil, fmt.Errorf("browser.block: %.40q… stands for more than %d patterns", glob, mostChoices)
		}
		var longer []string
		for _, a := range all {
			for _, o := range options {
				longer = append(longer, a+before+o)
			}
		}
		all, glob = longer, after
	}
	return all, nil
}

// addHeaders adds headers to the requests to one origin only: others must not
// see a token that is meant for the app. The browser pauses each of them and is
// told to go on, which costs some milliseconds a request.
func addHeaders(cdp playwright.CDPSession, base string, headers map[string]string) error {
	origin := originOf(base)
	if len(headers) == 0 || origin == nil {
		return nil
	}
	cdp.On("Fetch.requestPaused", func(params map[string]any) {
		// A handler runs on the goroutine that reads the driver's answers.
		go cdp.Send("Fetch.continueRequest", map[string]any{ //nolint:errcheck // the request may be gone
			"requestId": params["requestId"],
			"headers":   withHeaders(params, headers),
		})
	})
	_, err := cdp.Send("Fetch.enable", map[string]any{
		"patterns": []map[string]any{{"urlPattern": *origin + "/*"}},
	})
	if err != nil {
		return fmt.Errorf("http.headers: %w", err)
	}
	return nil
}

func withHeaders(paused map[string]any, add map[string]string) []map[string]any {
	var all []map[string]any
	if request, ok := paused["request"].(map[string]any); ok {
		if sent, ok := request["headers"].(map[string]any); ok {
			for name, value := range sent {
				if !hasHeader(add, name) {
					all = append(all, map[string]any{"name": name, "value": value})
				}
			}
		}
	}
	for name, value := range add {
		all = append(all, map[string]any{"name": name, "value": value})
	}
	return all
}

func hasHeader(headers map[string]string, name string) bool {
	for h := range headers {
		if strings.EqualFold(h, name) {
			return true
		}
	}
	return false
}

// originOf is scheme://host:port of an address; nil where it has none.
func originOf(address string) *string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil
	}
	return playwright.String(u.Scheme + "://" + u.Host)
}

// The screen that windows are tiled over where the browser does not tell its own.
const screenWidth, screenHeight = 1920, 1080

// place puts the window of the n-th of so many users into its tile of the screen.
func place(cdp playwright.CDPSession, n, of int) error {
	window, err := cdp.Send("Browser.getWindowForTarget", nil)
	if err != nil {
		return err
	}
	id := window.(map[string]any)["windowId"]
	width, height := screen(cdp)
	columns := int(math.Ceil(math.Sqrt(float64(max(of, 1)))))
	rows := (max(of, 1) + columns - 1) / columns
	n %= columns * rows
	_, err = cdp.Send("Browser.setWindowBounds", map[string]any{
		"windowId": id,
		"bounds": map[string]any{
			"left": n % columns * width / columns, "top": n / columns * height / rows,
			"width": width / columns, "height": height / rows,
		},
	})
	return err
}

func screen(cdp playwright.CDPSession) (width, height int) {
	v, err := cdp.Send("Runtime.evaluate", map[string]any{"expression": "screen.availWidth + 65536 * screen.availHeight", "returnByValue": true})
	if err == nil {
		if result, ok := v.(map[string]any)["result"].(map[string]any); ok {
			if size := int(number(result["value"])); size > 0 {
				return size % 65536, size / 65536
			}
		}
	}
	return screenWidth, screenHeight
}
