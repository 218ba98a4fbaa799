package scenario

// Nearest is the word that was most likely meant by one that is unknown, or "".
func Nearest(got string, words []string) string { return nearestOf(got, words) }
