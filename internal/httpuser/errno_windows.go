package httpuser

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// What the system says of a connection.
const (
	errnoRefused     = windows.WSAECONNREFUSED
	errnoReset       = windows.WSAECONNRESET
	errnoAborted     = windows.WSAECONNABORTED
	errnoPipe        = windows.WSAESHUTDOWN
	errnoTimedOut    = windows.WSAETIMEDOUT
	errnoNoHost      = windows.WSAEHOSTUNREACH
	errnoNoNetwork   = windows.WSAENETUNREACH
	errnoNoPort      = windows.WSAEADDRNOTAVAIL
	errnoNoFile      = windows.WSAEMFILE
	errnoNoFileAtAll = syscall.ENFILE
	errnoNoBuffer    = windows.WSAENOBUFS
)
