package page

// For the tests of package page_test, which can import what imports this one.
var (
	OpenPage = open
	Axe      = axe
)
