// Package instanceconfig is what the stand-in's controller tells its instance manager: the whole configuration of one
// PostgreSQL, always complete, so that applying it twice changes nothing.
package instanceconfig

import "time"

// Config is written to a ConfigMap for the start, and sent over exec when it changes.
type Config struct {
	Parameters           map[string]string `json:"parameters"`
	HBA                  []string          `json:"hba"`
	SmartShutdownSeconds int64             `json:"smartShutdownSeconds"`
	ClusterName          string            `json:"clusterName"`
	// Address of the primary, from which standbys stream.
	Primary string `json:"primary"`
	// Names of the standbys that are up; the primary waits for one of them.
	Synchronous []string `json:"synchronous"`
	// Where the write-ahead log goes; absent without backups. The key is in the environment.
	Archive *Archive `json:"archive"`
	// From where and up to when a new database is restored; absent for an empty one.
	Recovery *Recovery `json:"recovery"`
}

// Archive is the folder of one database in the object storage.
type Archive struct {
	Endpoint string `json:"endpoint"`
	// Bucket, folder and server name, without a slash at either end.
	Folder string `json:"folder"`
}

// Recovery says what a new database is made of.
type Recovery struct {
	From Archive `json:"from"`
	// Absent: up to the end of the archive.
	Target *time.Time `json:"target"`
}

// Change is what `manager configure` reads from its standard input. Passwords travel only here, never in a ConfigMap.
type Change struct {
	Config    Config            `json:"config"`
	Passwords map[string]string `json:"passwords"`
	// Null takes the password away: the superuser cannot sign in by network then.
	SuperuserPassword *string `json:"superuserPassword"`
	// A standby gets its roles from the primary.
	Standby bool `json:"standby"`
}

// Inside is what `manager database` reads: what shall be true inside one database.
type Inside struct {
	Name            string   `json:"name"`
	ConnectionLimit *int64   `json:"connectionLimit"`
	Extensions      []string `json:"extensions"`
}

// BackupWish is what `manager backup` reads.
type BackupWish struct {
	ID string `json:"id"`
	// Backups that are not needed to restore to any later moment are deleted.
	KeepFrom *time.Time `json:"keepFrom"`
}

// Window is what it answers: the moments that can be restored, by base backups.
type Window struct {
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Paths inside the pod, and environment.
const (
	Manager     = "/controller/manager"
	DataVolume  = "/var/lib/postgresql/data"
	Data        = DataVolume + "/pgdata"
	ConfigFile  = "/controller-config/config.json"
	Sockets     = "/controller/run"
	Authority   = "/certificates/ca/ca.crt"
	Replication = "/certificates/replication"
	// RestartWish appears when a changed parameter needs a restart of PostgreSQL; the pod stays.
	RestartWish = "/controller/restart"
	ServerCert  = "/certificates/server"
	StatusPort  = 8000
	MetricPort  = 9187
	ObjectsPort = 9000
	AccessKey   = "ACCESS_KEY_ID"
	SecretKey   = "ACCESS_SECRET_KEY"
)
