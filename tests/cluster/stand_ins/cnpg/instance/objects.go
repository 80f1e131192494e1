package main

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

// serveObjects plays an object storage: PUT, GET and DELETE of a path, GET of a path with a slash at its end lists what lies
// below. One key for all; it speaks no S3, because only the other half of this stand-in talks to it.
func serveObjects(root string) error {
	user, key := os.Getenv(instanceconfig.AccessKey), os.Getenv(instanceconfig.SecretKey)
	if user == "" || key == "" {
		return fmt.Errorf("%s and %s must be set", instanceconfig.AccessKey, instanceconfig.SecretKey)
	}
	answer := func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		if subtle.ConstantTimeCompare([]byte(name+"\n"+password), []byte(user+"\n"+key)) != 1 {
			http.Error(w, "who are you?", http.StatusForbidden)
			return
		}
		if err := object(root, w, r); err != nil {
			log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
	server := &http.Server{Addr: fmt.Sprintf(":%d", instanceconfig.ObjectsPort), Handler: http.HandlerFunc(answer), ReadHeaderTimeout: 5 * time.Second}
	log.Print("stand-in for an object storage: ready")
	return server.ListenAndServe()
}

func object(root string, w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == "/" && r.Method == http.MethodHead {
		return nil
	}
	// The leading slash makes Clean keep every path below the root.
	path := filepath.Join(root, filepath.Clean("/"+r.URL.Path))
	switch {
	case r.Method == http.MethodPut:
		return put(path, r.Body)
	case r.Method == http.MethodDelete:
		err := os.RemoveAll(path)
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return err
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/"):
		return list(path, w)
	case r.Method == http.MethodGet:
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			http.NotFound(w, r)
			return nil
		} else if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(w, file)
		return err
	}
	http.Error(w, "PUT, GET or DELETE?", http.StatusMethodNotAllowed)
	return nil
}

// put never leaves half an object under its name.
func put(path string, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = io.Copy(file, from)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func list(path string, w io.Writer) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			fmt.Fprintln(w, entry.Name())
		}
	}
	return nil
}
