// Package instanceconfig is what the stand-in's controller tells its instance manager: the whole configuration of one
// PostgreSQL, always complete, so that applying it twice changes nothing.
package instanceconfig

// Config is written to a ConfigMap for the start, and sent over exec when it changes.
type Config struct {
	Parameters           map[string]string `json:"parameters"`
	HBA                  []string          `json:"hba"`
	SmartShutdownSeconds int64             `json:"smartShutdownSeconds"`
	ClusterName          string            `json:"clusterName"`
}

// Change is what `manager configure` reads from its standard input. Passwords travel only here, never in a ConfigMap.
type Change struct {
	Config    Config            `json:"config"`
	Passwords map[string]string `json:"passwords"`
	// Null takes the password away: the superuser cannot sign in by network then.
	SuperuserPassword *string `json:"superuserPassword"`
}

// Paths inside the pod.
const (
	Manager    = "/controller/manager"
	DataVolume = "/var/lib/postgresql/data"
	Data       = DataVolume + "/pgdata"
	ConfigFile = "/controller-config/config.json"
	Sockets    = "/controller/run"
	// RestartWish appears when a changed parameter needs a restart of PostgreSQL; the pod stays.
	RestartWish = "/controller/restart"
	ServerCert  = "/certificates/server"
	StatusPort  = 8000
	MetricPort  = 9187
)
