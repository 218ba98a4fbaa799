package loadwright

import _ "embed"

//go:embed docs/summary.schema.json
var summarySchema string

// SummarySchema returns the JSON Schema (draft 2020-12) of summary.json. It is
// that of docs/summary.md, and made like it from the types that the file is
// written from.
func SummarySchema() []byte { return []byte(summarySchema) }
