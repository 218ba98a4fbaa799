package scenario

// Look answers whether a target is visible now, as "true" or "false" in its
// span's value. It is no step: the runner makes it of "repeat: … while".
type Look struct{ Target Target }

func (*Look) op() {}

func (o *Look) String() string { return "look " + o.Target.String() }
