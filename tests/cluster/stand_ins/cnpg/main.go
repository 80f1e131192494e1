// A stand-in that plays CloudNativePG, so that the operator of Wolkenamt can be run and tested
// without the real one. It creates the same objects under the same names and reports the same phases and conditions, the
// misleading ones included. See README.md beside this file for what it does not play.
//
// It runs outside the cluster with a kubeconfig, and installs its own minimal CRD and admission policies.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"sync"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

const fieldManager = "stand-in-cnpg"

var (
	clusters   = schema.GroupVersionResource{Group: "postgresql.cnpg.io", Version: "v1", Resource: "clusters"}
	pods       = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	volumes    = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	secrets    = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	services   = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	accounts   = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	jobs       = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}
	roles      = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}
	bindings   = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}
	budgets    = schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}
	leases     = schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}
	databases  = schema.GroupVersionResource{Group: "postgresql.cnpg.io", Version: "v1", Resource: "databases"}
	schedules  = schema.GroupVersionResource{Group: "postgresql.cnpg.io", Version: "v1", Resource: "scheduledbackups"}
	backups    = schema.GroupVersionResource{Group: "postgresql.cnpg.io", Version: "v1", Resource: "backups"}
	stores     = schema.GroupVersionResource{Group: "barmancloud.cnpg.io", Version: "v1", Resource: "objectstores"}
	classes    = schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"}
)

type controller struct {
	config  *rest.Config
	client  dynamic.Interface
	listers map[schema.GroupVersionResource]cache.GenericLister
	queue   workqueue.TypedRateLimitingInterface[string]
	// What this process wrote last, by object: an unchanged wish is not written again.
	written map[string]string
	lag     time.Duration
	// Backups that run now, by name; a base backup takes longer than one round.
	running sync.Map
	// Simulated pods run no PostgreSQL: there is nothing to configure.
	simulated bool
}

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags | log.Lmicroseconds)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "access to the cluster")
	lag := flag.Duration("lag", 300*time.Millisecond, "how long a changed spec shows the old state (the real one: 0.1 to 6 s)")
	objects := flag.String("object-storage", "", "file with the key of the object storage that is played, too; none: no object storage")
	simulated := flag.Bool("simulated", false, "the nodes are simulated")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.UserAgent, config.QPS, config.Burst = "wolkenamt-stand-in-cnpg", 200, 400
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := install(ctx, client); err != nil {
		return err
	}
	if *objects != "" && !*simulated {
		if err := installObjectStorage(ctx, client, *objects); err != nil {
			return err
		}
	}
	c := &controller{
		config: config, client: client, lag: *lag, simulated: *simulated, written: map[string]string{}, listers: map[schema.GroupVersionResource]cache.GenericLister{},
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](200*time.Millisecond, 10*time.Second)),
	}
	if err := c.watch(ctx); err != nil {
		return err
	}
	log.Print("stand-in for CloudNativePG: ready")
	go func() { <-ctx.Done(); c.queue.ShutDown() }()
	c.work(ctx)
	return nil
}

// watch fills the caches and queues the Cluster that an object belongs to.
func (c *controller) watch(ctx context.Context) error {
	factory := dynamicinformer.NewDynamicSharedInformerFactory(c.client, time.Minute)
	for _, kind := range []schema.GroupVersionResource{clusters, pods, volumes, secrets, services, configMaps, accounts, jobs, roles, bindings, budgets, leases, classes, databases, schedules, backups, stores} {
		informer := factory.ForResource(kind)
		c.listers[kind] = informer.Lister()
		handler := cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { c.enqueue(object, 0) },
			UpdateFunc: func(before, now any) { c.enqueue(now, c.delay(before, now)) },
			DeleteFunc: func(object any) { c.enqueue(object, 0) },
		}
		if _, err := informer.Informer().AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return nil
}

// delay makes a changed spec show its old state for a while, as the real operator does.
func (c *controller) delay(before, now any) time.Duration {
	was, first := before.(*unstructured.Unstructured)
	is, second := now.(*unstructured.Unstructured)
	if first && second && is.GetKind() == "Cluster" && was.GetGeneration() != is.GetGeneration() {
		return c.lag
	}
	return 0
}

func (c *controller) enqueue(object any, after time.Duration) {
	if gone, deleted := object.(cache.DeletedFinalStateUnknown); deleted {
		object = gone.Obj
	}
	content, known := object.(*unstructured.Unstructured)
	if !known {
		return
	}
	name := content.GetLabels()[labelCluster]
	switch content.GetKind() {
	case "Cluster":
		name = content.GetName()
	case "Database", "ScheduledBackup", "Backup":
		name, _, _ = unstructured.NestedString(content.Object, "spec", "cluster", "name")
	}
	if owner := ownerOf(content); name == "" && owner != "" {
		name = owner
	}
	if name != "" {
		c.queue.AddAfter(content.GetNamespace()+"/"+name, after)
	}
}

func ownerOf(content *unstructured.Unstructured) string {
	for _, owner := range content.GetOwnerReferences() {
		if owner.Kind == "Cluster" {
			return owner.Name
		}
	}
	return ""
}

func (c *controller) work(ctx context.Context) {
	for {
		key, ended := c.queue.Get()
		if ended {
			return
		}
		limited, cancel := context.WithTimeout(ctx, 30*time.Second)
		again, err := c.reconcile(limited, key)
		cancel()
		switch {
		case apierrors.IsConflict(err):
			// The cache was a moment behind: look again.
			c.queue.AddAfter(key, 50*time.Millisecond)
		case err != nil:
			log.Printf("%s: %v", key, err)
			c.queue.AddRateLimited(key)
		default:
			c.queue.Forget(key)
			if again > 0 {
				c.queue.AddAfter(key, again)
			}
		}
		c.queue.Done(key)
	}
}
