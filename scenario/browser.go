package scenario

import "time"

// Browser holds Playwright's context options.
type Browser struct {
	Viewport    *Size
	Locale      string
	Timezone    string
	ColorScheme string // light, dark, no-preference; "" is Playwright's default
	Permissions []string
	UserAgent   string
	SlowMo      time.Duration
	Args        []string // for the browser's command line
	Block       []string // URL globs of requests that are never sent
}

// Size is in CSS pixels.
type Size struct{ Width, Height int }

func browserObject() *object[Browser] {
	size := newObject("viewport", "{width: 1280, height: 720}", Size{}, []field[Size]{
		opt("width", wholeNumber(1, 20_000), func(s *Size) *int { return &s.Width }, "In CSS pixels.").must(),
		opt("height", wholeNumber(1, 20_000), func(s *Size) *int { return &s.Height }, "In CSS pixels.").must(),
	})
	return newObject("browser", "{viewport: {width: 1280, height: 720}}", Browser{}, []field[Browser]{
		opt("viewport", aPointer(size.value()), func(b *Browser) **Size { return &b.Viewport }, "The size of the page.").aka("window_size screen"),
		opt("locale", someString, func(b *Browser) *string { return &b.Locale }, "The user's language, like `de-DE`.").aka("language"),
		opt("timezone", someString, func(b *Browser) *string { return &b.Timezone }, "The user's time zone, like `Europe/Berlin`.").aka("timezone_id"),
		opt("color_scheme", oneOf("light", "dark", "no-preference"), func(b *Browser) *string { return &b.ColorScheme }, "What the page's style sheets are told.").aka("theme colour_scheme"),
		opt("permissions", oneOrMore(someString), func(b *Browser) *[]string { return &b.Permissions }, "What the page may do unasked, like `geolocation` or `clipboard-read`."),
		opt("user_agent", someString, func(b *Browser) *string { return &b.UserAgent }, "What the browser calls itself."),
		opt("slow_mo", aDuration, func(b *Browser) *time.Duration { return &b.SlowMo }, "A pause before each action, for watching. `--slow-mo` overrides it."),
		opt("args", oneOrMore(someString), func(b *Browser) *[]string { return &b.Args }, "Further words for the browser's command line.").aka("launch_args flags"),
		opt("block", oneOrMore(aGlob), func(b *Browser) *[]string { return &b.Block }, "Globs of addresses that are never asked for, blocked by the browser itself.").aka("block_urls"),
	})
}
