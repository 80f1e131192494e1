package main

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

// exchange is a file exchange: people sign in, upload files, and hand a file to somebody without an account by a link that
// ends. The first administrator comes from the environment at the first start and can add people. Billed are people.
type exchange struct {
	store    *store
	settings exchangeSettings
	folder   string
	mutex    sync.Mutex
	state    struct {
		People map[string]person
		Files  map[string]file
		Links  map[string]link
	}
}

// exchangeSettings is what whoever ordered the exchange decided. It is no secret: people without an account meet both.
type exchangeSettings struct {
	LargestFileMB int64  `json:"largest_file_mb"`
	Greeting      string `json:"greeting"`
}

type person struct {
	Salt, Hash []byte
	Admin      bool
}

type file struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Owner    string    `json:"owner"`
	Uploaded time.Time `json:"uploaded"`
}

type link struct {
	Token string    `json:"token"`
	File  string    `json:"file"`
	Ends  time.Time `json:"ends"`
}

const (
	linkLifetime = 7 * 24 * time.Hour
	// A stand-in on a machine with two cores: enough rounds to be honest, few enough to be quick.
	passwordRounds = 20_000
)

func newExchange(s *store, settings exchangeSettings, admin, password string) (*exchange, error) {
	e := &exchange{store: s, settings: settings}
	var err error
	if e.folder, err = s.filesFolder(); err != nil {
		return nil, err
	}
	if err := s.load("exchange", &e.state); err == nil {
		return e, nil
	}
	if password == "" {
		return nil, errors.New("ADMIN_PASSWORD must be set at the first start: the first administrator signs in with it")
	}
	e.state.People, e.state.Files, e.state.Links = map[string]person{}, map[string]file{}, map[string]link{}
	if err := e.addPerson(admin, password, true); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *exchange) metric() metric {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return metric{"wolkenamt_users", "gauge", "People with an account.", len(e.state.People)}
}

func (e *exchange) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", e.signedIn(func(w http.ResponseWriter, _ *http.Request, who string) { show(w, "exchange", e.view(who)) }))
	mux.HandleFunc("POST /files", e.signedIn(func(w http.ResponseWriter, r *http.Request, who string) {
		if e.upload(w, r, who) != nil {
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	}))
	mux.HandleFunc("POST /files/{id}/links", e.signedIn(func(w http.ResponseWriter, r *http.Request, _ string) {
		if e.share(w, r) != nil {
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	}))
	mux.HandleFunc("POST /api/files", e.signedIn(func(w http.ResponseWriter, r *http.Request, who string) {
		if stored := e.upload(w, r, who); stored != nil {
			answer(w, stored)
		}
	}))
	mux.HandleFunc("POST /api/files/{id}/links", e.signedIn(func(w http.ResponseWriter, r *http.Request, _ string) {
		if made := e.share(w, r); made != nil {
			answer(w, map[string]any{"path": "/s/" + made.Token, "ends": made.Ends})
		}
	}))
	mux.HandleFunc("GET /api/files", e.signedIn(func(w http.ResponseWriter, _ *http.Request, who string) { answer(w, e.view(who).Files) }))
	mux.HandleFunc("POST /api/people", e.signedIn(e.invite))
	mux.HandleFunc("GET /api/settings", func(w http.ResponseWriter, _ *http.Request) { answer(w, e.settings) })
	mux.HandleFunc("GET /s/{token}", e.download)
}

// signedIn asks for name and password by HTTP Basic. A write that a foreign page sent is refused: browsers repeat these
// credentials by themselves.
func (e *exchange) signedIn(next func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	guard := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		name, password, given := r.BasicAuth()
		if !given || !e.knows(name, password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="Datenaustausch", charset="UTF-8"`)
			http.Error(w, "Bitte melden Sie sich an.", http.StatusUnauthorized)
			return
		}
		if err := guard.Check(r); err != nil {
			http.Error(w, "Diese Anfrage kam von einer fremden Seite.", http.StatusForbidden)
			return
		}
		next(w, r, name)
	}
}

func (e *exchange) knows(name, password string) bool {
	e.mutex.Lock()
	known := e.state.People[name]
	e.mutex.Unlock()
	hash, err := pbkdf2.Key(sha256.New, password, known.Salt, passwordRounds, sha256.Size)
	return err == nil && len(known.Hash) > 0 && subtle.ConstantTimeCompare(hash, known.Hash) == 1
}

func (e *exchange) addPerson(name, password string, admin bool) error {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	hash, err := pbkdf2.Key(sha256.New, password, salt, passwordRounds, sha256.Size)
	if err != nil {
		return err
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.state.People[name] = person{salt, hash, admin}
	return e.store.save("exchange", e.state)
}

// invite adds a person; only an administrator may.
func (e *exchange) invite(w http.ResponseWriter, r *http.Request, who string) {
	name, password := r.FormValue("name"), r.FormValue("password")
	e.mutex.Lock()
	admin := e.state.People[who].Admin
	_, taken := e.state.People[name]
	e.mutex.Unlock()
	switch {
	case !admin:
		http.Error(w, "Das darf nur eine Administratorin oder ein Administrator.", http.StatusForbidden)
	case name == "" || len(name) > 100 || strings.Contains(name, ":") || len(password) < 10:
		http.Error(w, "Es braucht einen Namen ohne Doppelpunkt und ein Kennwort mit mindestens 10 Zeichen.", http.StatusUnprocessableEntity)
	case taken:
		http.Error(w, "Diesen Namen gibt es schon.", http.StatusConflict)
	default:
		if err := e.addPerson(name, password, false); err != nil {
			broken(w, err)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}
}

// upload takes the form field "file" or, without a form, the whole body with ?name=. nil means that it has answered.
func (e *exchange) upload(w http.ResponseWriter, r *http.Request, who string) *file {
	r.Body = http.MaxBytesReader(w, r.Body, e.settings.LargestFileMB*1_000_000)
	var content io.Reader = r.Body
	name := r.URL.Query().Get("name")
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		part, header, err := r.FormFile("file")
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			e.refuse(w)
			return nil
		}
		if err != nil {
			http.Error(w, "Bitte wählen Sie eine Datei aus.", http.StatusUnprocessableEntity)
			return nil
		}
		defer part.Close()
		content, name = part, header.Filename
	}
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" || len(name) > 255 {
		http.Error(w, "Die Datei braucht einen Namen.", http.StatusUnprocessableEntity)
		return nil
	}
	stored := file{ID: token(), Name: name, Owner: who, Uploaded: time.Now().UTC()}
	var err error
	if stored.Size, err = e.write(stored.ID, content); err != nil {
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			e.refuse(w)
		} else {
			broken(w, err)
		}
		return nil
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.state.Files[stored.ID] = stored
	if err := e.store.save("exchange", e.state); err != nil {
		broken(w, err)
		return nil
	}
	return &stored
}

// refuse says that a file is too large.
func (e *exchange) refuse(w http.ResponseWriter) {
	http.Error(w, fmt.Sprintf("Die Datei ist größer als %d MB.", e.settings.LargestFileMB), http.StatusRequestEntityTooLarge)
}

func (e *exchange) write(id string, content io.Reader) (int64, error) {
	path := filepath.Join(e.folder, id)
	target, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(target, content)
	if err == nil {
		err = target.Sync()
	}
	if closed := target.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(path)
	}
	return size, err
}

// share makes a link to a file. nil means that it has answered.
func (e *exchange) share(w http.ResponseWriter, r *http.Request) *link {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	wanted, known := e.state.Files[r.PathValue("id")]
	if !known {
		http.Error(w, "Diese Datei gibt es nicht.", http.StatusNotFound)
		return nil
	}
	made := link{token(), wanted.ID, time.Now().UTC().Add(linkLifetime)}
	e.state.Links[made.Token] = made
	if err := e.store.save("exchange", e.state); err != nil {
		broken(w, err)
		return nil
	}
	return &made
}

// download needs no account: the link is the key. An unknown and an ended link look the same.
func (e *exchange) download(w http.ResponseWriter, r *http.Request) {
	e.mutex.Lock()
	made, known := e.state.Links[r.PathValue("token")]
	wanted := e.state.Files[made.File]
	e.mutex.Unlock()
	if !known || time.Now().After(made.Ends) {
		http.Error(w, "Dieser Link gilt nicht (mehr).", http.StatusNotFound)
		return
	}
	content, err := os.Open(filepath.Join(e.folder, wanted.ID))
	if err != nil {
		broken(w, err)
		return
	}
	defer content.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": wanted.Name}))
	http.ServeContent(w, r, "", wanted.Uploaded, content)
}

type exchangeView struct {
	Who      string
	Settings exchangeSettings
	People   []string
	Files    []fileView
}

type fileView struct {
	file
	Links []link `json:"links"`
}

func (e *exchange) view(who string) exchangeView {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	shown := exchangeView{Who: who, Settings: e.settings, Files: []fileView{}}
	for name := range e.state.People {
		shown.People = append(shown.People, name)
	}
	sort.Strings(shown.People)
	for _, stored := range e.state.Files {
		entry := fileView{file: stored, Links: []link{}}
		for _, made := range e.state.Links {
			if made.File == stored.ID && time.Now().Before(made.Ends) {
				entry.Links = append(entry.Links, made)
			}
		}
		sort.Slice(entry.Links, func(a, b int) bool { return entry.Links[a].Ends.Before(entry.Links[b].Ends) })
		shown.Files = append(shown.Files, entry)
	}
	sort.Slice(shown.Files, func(a, b int) bool { return shown.Files[a].Uploaded.Before(shown.Files[b].Uploaded) })
	return shown
}

// token is unguessable: it names files, conversations and links.
func token() string {
	random := make([]byte, 16)
	rand.Read(random) // never fails, by its documentation
	return hex.EncodeToString(random)
}

func broken(w http.ResponseWriter, err error) {
	log.Printf("a request failed: %v", err)
	http.Error(w, "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.", http.StatusInternalServerError)
}
