package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// cluster is the part of postgresql.cnpg.io/v1 Cluster that this stand-in reads.
type cluster struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              clusterSpec   `json:"spec"`
	Status            clusterStatus `json:"status"`
}

type clusterSpec struct {
	Instances             int64                       `json:"instances"`
	ImageName             string                      `json:"imageName"`
	ImagePullPolicy       corev1.PullPolicy           `json:"imagePullPolicy"`
	InheritedMetadata     inherited                   `json:"inheritedMetadata"`
	EnablePDB             bool                        `json:"enablePDB"`
	EnableSuperuserAccess bool                        `json:"enableSuperuserAccess"`
	PostgresUID           int64                       `json:"postgresUID"`
	PostgresGID           int64                       `json:"postgresGID"`
	SmartShutdownTimeout  int64                       `json:"smartShutdownTimeout"`
	StopDelay             int64                       `json:"stopDelay"`
	PriorityClassName     string                      `json:"priorityClassName"`
	Storage               storage                     `json:"storage"`
	Resources             corev1.ResourceRequirements `json:"resources"`
	Bootstrap             struct {
		InitDB   initDB    `json:"initdb"`
		Recovery *recovery `json:"recovery"`
	} `json:"bootstrap"`
	ExternalClusters []struct {
		Name   string `json:"name"`
		Plugin plugin `json:"plugin"`
	} `json:"externalClusters"`
	Plugins    []plugin `json:"plugins"`
	PostgreSQL struct {
		Parameters  map[string]string `json:"parameters"`
		HBA         []string          `json:"pg_hba"`
		Synchronous *struct {
			Number int64 `json:"number"`
		} `json:"synchronous"`
	} `json:"postgresql"`
	Affinity struct {
		NodeSelector map[string]string   `json:"nodeSelector"`
		Tolerations  []corev1.Toleration `json:"tolerations"`
	} `json:"affinity"`
	Certificates struct {
		ServerAltDNSNames []string `json:"serverAltDNSNames"`
	} `json:"certificates"`
	Managed struct {
		Services struct {
			Disabled   []string            `json:"disabledDefaultServices"`
			Additional []additionalService `json:"additional"`
		} `json:"services"`
	} `json:"managed"`
}

type inherited struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type storage struct {
	Size  string  `json:"size"`
	Class *string `json:"storageClass"`
}

type initDB struct {
	Database               string   `json:"database"`
	Owner                  string   `json:"owner"`
	Encoding               string   `json:"encoding"`
	LocaleCollate          string   `json:"localeCollate"`
	LocaleCType            string   `json:"localeCType"`
	DataChecksums          bool     `json:"dataChecksums"`
	PostInitSQL            []string `json:"postInitSQL"`
	PostInitApplicationSQL []string `json:"postInitApplicationSQL"`
	Secret                 *struct {
		Name string `json:"name"`
	} `json:"secret"`
}

// recovery makes the first instance out of backups instead of an empty database.
type recovery struct {
	Source   string `json:"source"`
	Database string `json:"database"`
	Owner    string `json:"owner"`
	Secret   *struct {
		Name string `json:"name"`
	} `json:"secret"`
	Target struct {
		Time string `json:"targetTime"`
	} `json:"recoveryTarget"`
}

// plugin names an object store; the only plug-in that is played is that for backups.
type plugin struct {
	Name       string            `json:"name"`
	Archiver   bool              `json:"isWALArchiver"`
	Parameters map[string]string `json:"parameters"`
}

type additionalService struct {
	SelectorType    string `json:"selectorType"`
	ServiceTemplate struct {
		Metadata struct {
			Name        string            `json:"name"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
		Spec corev1.ServiceSpec `json:"spec"`
	} `json:"serviceTemplate"`
}

// Labels and annotations that others select by.
const (
	labelCluster     = "cnpg.io/cluster"
	labelInstance    = "cnpg.io/instanceName"
	labelPodRole     = "cnpg.io/podRole"
	labelRole        = "cnpg.io/instanceRole"
	labelOldRole     = "role"
	labelJobRole     = "cnpg.io/jobRole"
	labelVolumeRole  = "cnpg.io/pvcRole"
	annotationVolume = "cnpg.io/pvcStatus"
	annotationSleep  = "cnpg.io/hibernation"
	annotationFreeze = "cnpg.io/reconciliationLoop"
	annotationAgain  = "kubectl.kubernetes.io/restartedAt"
	// Our own bookkeeping, which the real operator does in other ways.
	annotationShape  = "wolkenamt.test/pod-shape"
	annotationConfig = "wolkenamt.test/config"
)

// The first instance is the primary for its whole life: a failover is not played.
func (c *cluster) instance() string { return c.member(1) }

func (c *cluster) member(number int64) string { return fmt.Sprintf("%s-%d", c.Name, number) }

func (c *cluster) appSecret() string {
	own := c.Spec.Bootstrap.InitDB.Secret
	if from := c.Spec.Bootstrap.Recovery; from != nil {
		own = from.Secret
	}
	if own != nil && own.Name != "" {
		return own.Name
	}
	return c.Name + "-app"
}

// application answers database and owner.
func (c *cluster) application() (database, owner string) {
	if from := c.Spec.Bootstrap.Recovery; from != nil {
		return from.Database, from.Owner
	}
	return c.Spec.Bootstrap.InitDB.Database, c.Spec.Bootstrap.InitDB.Owner
}

func (c *cluster) owner(block bool) []metav1.OwnerReference {
	yes := true
	reference := metav1.OwnerReference{APIVersion: "postgresql.cnpg.io/v1", Kind: "Cluster", Name: c.Name, UID: c.UID, Controller: &yes}
	if block {
		reference.BlockOwnerDeletion = &yes
	}
	return []metav1.OwnerReference{reference}
}

// meta is the metadata of an owned object; inherit says whether spec.inheritedMetadata reaches this kind.
func (c *cluster) meta(name string, inherit bool, labels map[string]string) metav1.ObjectMeta {
	made := metav1.ObjectMeta{Name: name, Namespace: c.Namespace, OwnerReferences: c.owner(false), Labels: map[string]string{labelCluster: c.Name}}
	if inherit {
		for key, value := range c.Spec.InheritedMetadata.Labels {
			made.Labels[key] = value
		}
		if len(c.Spec.InheritedMetadata.Annotations) > 0 {
			made.Annotations = map[string]string{}
			for key, value := range c.Spec.InheritedMetadata.Annotations {
				made.Annotations[key] = value
			}
		}
	}
	for key, value := range labels {
		made.Labels[key] = value
	}
	return made
}

func ownedBy(references []metav1.OwnerReference, of *cluster) bool {
	for _, reference := range references {
		if reference.UID == of.UID {
			return true
		}
	}
	return false
}
