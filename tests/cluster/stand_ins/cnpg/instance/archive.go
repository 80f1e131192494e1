package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

var errMissing = errors.New("there is no such object")

// store talks to the object storage about one database.
type store instanceconfig.Archive

func (s store) call(method, path string, body io.Reader) (io.ReadCloser, error) {
	request, err := http.NewRequest(method, s.Endpoint+"/"+s.Folder+"/"+path, body)
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(os.Getenv(instanceconfig.AccessKey), os.Getenv(instanceconfig.SecretKey))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	switch {
	case answer.StatusCode == http.StatusNotFound:
		answer.Body.Close()
		return nil, errMissing
	case answer.StatusCode >= 300:
		answer.Body.Close()
		return nil, fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	return answer.Body, nil
}

func (s store) put(path string, body io.Reader) error {
	answer, err := s.call(http.MethodPut, path, body)
	if err == nil {
		answer.Close()
	}
	return err
}

func (s store) remove(path string) error {
	answer, err := s.call(http.MethodDelete, path, nil)
	if err == nil {
		answer.Close()
	}
	return err
}

func (s store) list(path string) ([]string, error) {
	answer, err := s.call(http.MethodGet, path+"/", nil)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	names := strings.Fields(string(text))
	sort.Strings(names)
	return names, err
}

// archiveLog is PostgreSQL's archive_command. Without backups it says yes to everything, as the real manager does.
func archiveLog(path string) error {
	config, err := readConfig()
	if err != nil || config.Archive == nil {
		return err
	}
	file, err := os.Open(filepath.Join(instanceconfig.Data, path))
	if err != nil {
		return err
	}
	defer file.Close()
	return store(*config.Archive).put("wals/"+filepath.Base(path)+".gz", packed(file))
}

// restoreLog is its restore_command. A name that is not there ends the log, and is no failure of the storage.
func restoreLog(name, target string) error {
	config, err := readConfig()
	if err != nil {
		return err
	}
	from := config.Archive
	if config.Recovery != nil {
		from = &config.Recovery.From
	}
	if from == nil {
		return errMissing
	}
	answer, err := store(*from).call(http.MethodGet, "wals/"+name+".gz", nil)
	if err != nil {
		return err
	}
	defer answer.Close()
	text, err := gzip.NewReader(answer)
	if err != nil {
		return err
	}
	file, err := os.Create(target)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, text)
	return errors.Join(err, file.Close())
}

func packed(from io.Reader) io.Reader {
	reader, writer := io.Pipe()
	go func() {
		packer := gzip.NewWriter(writer)
		_, err := io.Copy(packer, from)
		writer.CloseWithError(errors.Join(err, packer.Close()))
	}()
	return reader
}

// baseBackup describes one; it lies beside its data as base/ID/backup.json, written last.
type baseBackup struct {
	Begin    time.Time `json:"begin"`
	End      time.Time `json:"end"`
	FirstLog string    `json:"firstLog"`
}

// backup takes one and forgets those that nobody needs any more.
func backup(wish instanceconfig.BackupWish) (instanceconfig.Window, error) {
	var window instanceconfig.Window
	config, err := readConfig()
	if err != nil {
		return window, err
	}
	if config.Archive == nil {
		return window, errors.New("this database has no object storage")
	}
	to := store(*config.Archive)
	made := baseBackup{Begin: time.Now().UTC()}
	first, err := psql("SELECT pg_walfile_name(redo_lsn) FROM pg_control_checkpoint();\n")
	if err != nil {
		return window, err
	}
	made.FirstLog = strings.TrimSpace(first)
	if err := streamBackup(to, "base/"+wish.ID+"/data.tar.gz"); err != nil {
		return window, err
	}
	// The archive shall reach the end of the backup at once, not only when the present segment is full.
	if _, err := psql("SELECT pg_switch_wal();\n"); err != nil {
		return window, err
	}
	made.End = time.Now().UTC()
	text, err := json.Marshal(made)
	if err != nil {
		return window, err
	}
	if err := to.put("base/"+wish.ID+"/backup.json", strings.NewReader(string(text))); err != nil {
		return window, err
	}
	return forget(to, wish.KeepFrom)
}

func streamBackup(to store, path string) error {
	command := exec.Command("pg_basebackup", "--host", instanceconfig.Sockets, "--username", "postgres", "--pgdata", "-", "--format", "tar",
		"--wal-method", "fetch", "--checkpoint", "fast", "--no-sync")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	sent := to.put(path, packed(output))
	return errors.Join(sent, command.Wait())
}

func (s store) backups() (map[string]baseBackup, []string, error) {
	ids, err := s.list("base")
	if err != nil {
		return nil, nil, err
	}
	found, complete := map[string]baseBackup{}, []string{}
	for _, id := range ids {
		answer, err := s.call(http.MethodGet, "base/"+id+"/backup.json", nil)
		if errors.Is(err, errMissing) {
			continue
		} else if err != nil {
			return nil, nil, err
		}
		var one baseBackup
		err = json.NewDecoder(answer).Decode(&one)
		answer.Close()
		if err != nil {
			return nil, nil, err
		}
		found[id] = one
		complete = append(complete, id)
	}
	sort.Slice(complete, func(a, b int) bool { return found[complete[a]].End.Before(found[complete[b]].End) })
	return found, complete, nil
}

// forget keeps the last backup before the wished moment and everything after it, and answers what can be restored.
func forget(from store, keepFrom *time.Time) (instanceconfig.Window, error) {
	var window instanceconfig.Window
	found, ids, err := from.backups()
	if err != nil || len(ids) == 0 {
		return window, err
	}
	oldest := 0
	for n, id := range ids {
		if keepFrom != nil && found[id].End.Before(*keepFrom) {
			oldest = n
		}
	}
	for _, id := range ids[:oldest] {
		if err := from.remove("base/" + id); err != nil {
			return window, err
		}
	}
	if oldest > 0 {
		logs, err := from.list("wals")
		if err != nil {
			return window, err
		}
		for _, name := range logs {
			// Names of one time line sort by age; those of later ones come after.
			if len(name) >= 24 && name[:24] < found[ids[oldest]].FirstLog {
				if err := from.remove("wals/" + name); err != nil {
					return window, err
				}
			}
		}
	}
	return instanceconfig.Window{First: found[ids[oldest]].End, Last: found[ids[len(ids)-1]].End}, nil
}
