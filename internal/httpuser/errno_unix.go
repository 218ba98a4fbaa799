//go:build unix

package httpuser

import "syscall"

// What the system says of a connection.
const (
	errnoRefused     = syscall.ECONNREFUSED
	errnoReset       = syscall.ECONNRESET
	errnoAborted     = syscall.ECONNABORTED
	errnoPipe        = syscall.EPIPE
	errnoTimedOut    = syscall.ETIMEDOUT
	errnoNoHost      = syscall.EHOSTUNREACH
	errnoNoNetwork   = syscall.ENETUNREACH
	errnoNoPort      = syscall.EADDRNOTAVAIL
	errnoNoFile      = syscall.EMFILE
	errnoNoFileAtAll = syscall.ENFILE
	errnoNoBuffer    = syscall.ENOBUFS
)
