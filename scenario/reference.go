package scenario

// Reference returns the reference of the language as Markdown.
func Reference() string { return "" }
