package scenario

// Schema returns the JSON Schema (draft 2020-12) of the language.
func Schema() []byte { return nil }

// Reference returns the reference of the language as Markdown.
func Reference() string { return "" }
