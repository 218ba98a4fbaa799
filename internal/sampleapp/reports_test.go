package sampleapp

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestReportsWantALogin(t *testing.T) {
	server := httptest.NewServer(New(Options{}))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	get := func(path string, status int, want string) {
		t.Helper()
		r, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != status || !strings.Contains(string(text), want) {
			t.Errorf("%s: %d %s %v", path, r.StatusCode, text, err)
		}
	}
	post := func(password string) int {
		t.Helper()
		r, err := client.PostForm(server.URL+"/login", url.Values{"username": {"ada"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		return r.StatusCode
	}
	get("/reports", 200, "<h1>Sign in</h1>") // it leads there
	get("/api/reports", 401, "sign in first")
	if got := post("secret"); got != 403 {
		t.Errorf("a wrong password: %d", got)
	}
	get("/api/reports", 401, "sign in first")
	if got := post(PasswordOf("ada")); got != 200 {
		t.Errorf("the right password: %d", got)
	}
	get("/reports", 200, "<h1>Reports</h1>")
	get("/api/reports?region=Asia", 200, `"items":[{"id":1,"region":"Asia"`)
	get("/api/reports?region=Mars", 400, "no such region")
	get("/reports/3", 200, "<h1>Report 3</h1>")
	get("/reports/10", 404, "")
}
