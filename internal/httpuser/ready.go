package httpuser

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Ready asks an address once. An app that answers with a status below 500 is
// ready, with a redirection too. It is an app of ours, on this machine: no proxy
// is asked, and its certificate is not looked at. The error says what there was
// instead of an answer.
func Ready(ctx context.Context, address string) error {
	transport := &http.Transport{
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 1 << 20,
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true},
	}
	client := http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return notReady(err)
	}
	response.Body.Close()
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("it answers with status %s", response.Status)
	}
	return nil
}

func notReady(err error) error {
	var wrapped *url.Error // it repeats the address
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("it does not answer")
	case refused(err):
		return errors.New("nothing listens there")
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), unasked):
		return errors.New("what answers there is no HTTP")
	}
	return err
}
