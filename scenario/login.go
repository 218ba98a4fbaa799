package scenario

// Login is what users do once, before their first iteration. The state of the
// browser after it goes into each of their sessions.
type Login struct {
	OncePer LoginScope
	Steps   []Step
	Pages   bool // it has steps that need a browser
	Pos     Pos
}

// LoginScope says who shares a login.
type LoginScope string

// The scopes of a login.
const (
	OncePerUser LoginScope = "user"
	OncePerRow  LoginScope = "row" // users who have the same row of data
	OncePerRun  LoginScope = "run"
)

// LoginEvent is the event that a login is recorded as.
const LoginEvent = "login"

func loginObject() *object[Login] {
	return newObject("login", "{steps: [ … ]}", Login{OncePer: OncePerUser}, []field[Login]{
		opt("once_per", oneOf(OncePerUser, OncePerRow, OncePerRun), func(l *Login) *LoginScope { return &l.OncePer }, "Who shares a login: nobody (`user`), those with the same row of `data` (`row`), or all (`run`); `user` unless told.").aka("per scope"),
		{
			row{shape: aSteps.shape, key: "steps", doc: "What it takes to log in. Its time is the event `login`.", required: true},
			func(d *decoder, n *node, l *Login) {
				d.events.add(LoginEvent)
				d.inEvent++
				d.inLogin = true
				l.Steps = aSteps.read(d, n)
				d.inLogin = false
				d.inEvent--
				l.Pages = needPage(l.Steps)
			},
		},
	})
}

func loginShape() shape {
	o := loginObject()
	return shape{name: "a mapping, or none", like: "{steps: [ … ]}", schema: schema{"anyOf": list{schema{"const": "none"}, o.schema()}}, keys: &o.table}
}

// readLogin reads a login; nil where there is none.
func readLogin(d *decoder, n *node) *Login {
	if n.kind == scalarNode && n.text == "none" {
		return nil
	}
	l := loginObject().readFrom(d, n, Login{OncePer: OncePerUser, Pos: n.pos()})
	if l.OncePer == OncePerRow && !d.perUserData {
		d.fail(n.get("once_per"), "data: {account: {file: accounts.csv, per: user}}", "once_per: row needs data with a row for each user")
	}
	return &l
}

func loginField() field[Scenario] {
	return field[Scenario]{
		row{shape: loginShape(), key: "login", doc: "What each user does once, before its first iteration: its cookies, local storage, IndexedDB and session storage are then given to each of its sessions, and the cookies to its requests.", also: "auth authentication on_start setup before"},
		func(d *decoder, n *node, s *Scenario) {
			d.ofUser("", func() { s.Login = readLogin(d, n) })
		},
	}
}
