package loadwright_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a goroutine outlives the tests. What processes and files a
// run leaves is for each test that runs one.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
