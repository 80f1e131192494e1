package main

import (
	"bytes"
	"embed"
	"html/template"
	"log"
	"net/http"
	"time"
)

//go:embed pages/*.html pages/style.css
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"datum": func(at time.Time) string { return at.In(berlin).Format("02.01.2006, 15:04 Uhr") },
}).ParseFS(pageFiles, "pages/*.html"))

// The image has no time zone database, and an hour more or less does not matter to a stand-in.
var berlin = time.FixedZone("MEZ", 3600)

// show renders to memory first, so that an error never leaves half a page behind.
func show(w http.ResponseWriter, page string, data any) {
	var text bytes.Buffer
	if err := pages.ExecuteTemplate(&text, page, data); err != nil {
		broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if _, err := text.WriteTo(w); err != nil {
		log.Printf("a page was not delivered: %v", err)
	}
}

func style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/style.css")
}
