package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// store keeps one JSON document per name in a folder. Where the folder cannot be written (no volume), it keeps them in
// memory: a restart then begins anew, and the epoch says so.
type store struct {
	folder     string
	persistent bool
	began      time.Time
	mutex      sync.Mutex
}

func openStore(folder string) (*store, error) {
	s := &store{folder: folder, began: time.Now().UTC()}
	probe := filepath.Join(folder, ".writable")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		log.Printf("%s cannot be written, state lives in memory only: %v", folder, err)
		return s, nil
	}
	if err := os.Remove(probe); err != nil {
		return nil, err
	}
	s.persistent = true
	err := s.load("epoch", &s.began)
	if errors.Is(err, fs.ErrNotExist) {
		err = s.save("epoch", s.began)
	}
	return s, err
}

// epoch is the moment at which counting began: it changes exactly when the counters restarted from zero.
func (s *store) epoch() time.Time { return s.began }

func (s *store) load(name string, into any) error {
	if !s.persistent {
		return fs.ErrNotExist
	}
	text, err := os.ReadFile(filepath.Join(s.folder, name+".json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// save writes beside, flushes and renames, so that a crash leaves the old document or the new one.
func (s *store) save(name string, document any) error {
	if !s.persistent {
		return nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	target := filepath.Join(s.folder, name+".json")
	file, err := os.CreateTemp(s.folder, name+".*.new")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err = file.Write(text); err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), target)
}

// filesFolder is where uploaded files live.
func (s *store) filesFolder() (string, error) {
	folder := filepath.Join(s.folder, "files")
	if !s.persistent {
		folder = filepath.Join(os.TempDir(), "files")
	}
	return folder, os.MkdirAll(folder, 0o700)
}
