package event

// Class says what sort of failure a row's is: failures are counted by it.
type Class string

// The classes of failures.
const (
	ClassRefused     Class = "refused"      // nothing listens there
	ClassReset       Class = "reset"        // the connection was closed or cut without an answer
	ClassTimeout     Class = "timeout"      // it did not come about in the step's time
	ClassDNS         Class = "dns"          // the host name does not resolve
	ClassTLS         Class = "tls"          // no secure connection
	ClassUnreachable Class = "unreachable"  // no way to the host
	ClassProxy       Class = "proxy"        // the proxy's failure, not the app's
	ClassStatus      Class = "status"       // an HTTP status that the step does not allow
	ClassCheck       Class = "check failed" // the answer is not what the step expects
	ClassBadAnswer   Class = "bad answer"   // what came is no HTTP, or half of it
	ClassRedirects   Class = "redirects"    // too many
	ClassUnsendable  Class = "bad request"  // there is no sending it
	ClassLocal       Class = "local"        // this machine can open no further connection
	ClassOther       Class = "other"        // what "" is counted as
)

// Classified is an error that knows its class.
type Classified interface {
	error
	FailureClass() Class
}
