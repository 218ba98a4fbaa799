package sampleapp

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
)

// sessionCookie holds the name of who is signed in. It is no example of how to
// do that.
const sessionCookie = "session"

// PasswordOf is the password of every user there can be.
func PasswordOf(username string) string { return "secret of " + username }

// signIn takes a name and its password.
func (a *App) signIn(w http.ResponseWriter, r *http.Request) {
	username := r.FormValue("username")
	if username == "" || r.FormValue("password") != PasswordOf(username) {
		http.Error(w, "The name or the password is wrong.", http.StatusForbidden)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: username, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	answer(w, map[string]any{"username": username})
}

// signedIn lets those through who are signed in; others are led to /login, or
// refused where no page was asked for.
func (a *App) signedIn(next func(w http.ResponseWriter, r *http.Request, username string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(sessionCookie)
		switch {
		case err == nil && c.Value != "":
			next(w, r, c.Value)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			http.Error(w, "sign in first", http.StatusUnauthorized)
		default:
			http.Redirect(w, r, "/login", http.StatusFound)
		}
	}
}

// report is a row of the list of reports.
type report struct {
	ID     int    `json:"id"`
	Region string `json:"region"`
	Title  string `json:"title"`
}

var regions = []string{"Africa", "Asia", "Europe"}

// reportsOf are the reports of a region, of all where it is empty.
func reportsOf(region string) []report {
	all := []report{}
	for id := 1; id <= 9; id++ {
		r := report{ID: id, Region: regions[id%len(regions)], Title: fmt.Sprintf("Report %d", id)}
		if region == "" || region == r.Region {
			all = append(all, r)
		}
	}
	return all
}

// listReports answers with the reports of ?region= as JSON.
func (a *App) listReports(w http.ResponseWriter, r *http.Request, username string) {
	_, run, err := a.delays(r)
	region := r.URL.Query().Get("region")
	if err != nil || region != "" && !slices.Contains(regions, region) {
		http.Error(w, "there is no such region, or no such delay", http.StatusBadRequest)
		return
	}
	if wait(r.Context(), a.clerk.takes(run[0])) != nil {
		cutShort(w)
		return
	}
	answer(w, map[string]any{"items": reportsOf(region), "username": username})
}

// showReport answers with one report.
func (a *App) showReport(w http.ResponseWriter, r *http.Request, username string) {
	for _, one := range reportsOf("") {
		if fmt.Sprint(one.ID) == r.PathValue("id") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!DOCTYPE html><title>%s</title><h1>%s</h1><p>%s, for %s</p>\n", one.Title, one.Title, one.Region, html.EscapeString(username))
			return
		}
	}
	http.NotFound(w, r)
}
