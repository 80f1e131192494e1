// The instance manager of the CloudNativePG stand-in: the first process of a database pod.
//
//	manager bootstrap TARGET   copies itself to a volume (init container)
//	manager init               initdb, database and owner (Job)
//	manager join               copies the primary for a standby (Job)
//	manager restore            restores a base backup and the log after it (Job)
//	manager run                runs PostgreSQL, answers probes, stops it by the rules
//	manager configure          applies a configuration from standard input to the running PostgreSQL
//	manager database           makes true what standard input wishes inside one database
//	manager backup             takes a base backup, and answers what can be restored
//	manager wal-archive PATH, manager wal-restore NAME PATH   called by PostgreSQL
//	manager objects FOLDER     plays the object storage (a Deployment of its own)
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"wolkenamt.test/cluster/stand_ins/cnpg/instanceconfig"
)

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags)
	if err := dispatch(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func dispatch(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("which command?")
	}
	switch arguments[0] {
	case "bootstrap":
		if len(arguments) != 2 {
			return fmt.Errorf("bootstrap needs a target")
		}
		return bootstrap(arguments[1])
	case "init":
		return initialise()
	case "join":
		return join()
	case "restore":
		return restore()
	case "wal-archive":
		if len(arguments) != 2 {
			return fmt.Errorf("wal-archive needs a path")
		}
		return archiveLog(arguments[1])
	case "wal-restore":
		if len(arguments) != 3 {
			return fmt.Errorf("wal-restore needs a name and a path")
		}
		return restoreLog(arguments[1], arguments[2])
	case "objects":
		if len(arguments) != 2 {
			return fmt.Errorf("objects needs a folder")
		}
		return serveObjects(arguments[1])
	case "run":
		return run()
	case "configure":
		var change instanceconfig.Change
		if err := json.NewDecoder(os.Stdin).Decode(&change); err != nil {
			return err
		}
		return configure(change)
	case "database":
		var wish instanceconfig.Inside
		if err := json.NewDecoder(os.Stdin).Decode(&wish); err != nil {
			return err
		}
		return inside(wish)
	case "backup":
		var wish instanceconfig.BackupWish
		if err := json.NewDecoder(os.Stdin).Decode(&wish); err != nil {
			return err
		}
		window, err := backup(wish)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(window)
	}
	return fmt.Errorf("unknown command %q", arguments[0])
}

func bootstrap(target string) error {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer from.Close()
	// A restarted pod finds the copy of before, perhaps half of one: never write into a file that may be running.
	if err := os.Remove(target); err != nil && !os.IsNotExist(err) {
		return err
	}
	to, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		return err
	}
	return to.Close()
}
