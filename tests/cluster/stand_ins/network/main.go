// A stand-in for what a location's network brings along: a load balancer that gives addresses to Services, an Ingress
// controller, published names, and volumes that a pod's user may write. It runs inside the cluster's network namespace.
//
// It decides nothing about traffic to Services: kube-proxy routes the addresses that are written here into the status.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

var (
	services  = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	secrets   = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	ingresses = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}
)

// location is everything that the parts of this program share.
type location struct {
	client         dynamic.Interface
	services       cache.GenericLister
	secrets        cache.GenericLister
	ingresses      cache.GenericLister
	claims         cache.GenericLister
	ingressAddress string
}

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "access to the cluster")
	addresses := flag.String("addresses", "", "first-last address for Services of type LoadBalancer")
	ingressAddress := flag.String("ingress-address", "", "address at which Ingress hosts are answered")
	caCertificate := flag.String("ca-certificate", "", "certificate of the location's CA")
	caKey := flag.String("ca-key", "", "key of the location's CA")
	hostsFile := flag.String("hosts-file", "", "where to write the published names")
	volumes := flag.String("volumes", "", "folder of the host-path provisioner")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	pool, err := parsePool(*addresses)
	if err != nil {
		return err
	}
	authority, err := loadAuthority(*caCertificate, *caKey)
	if err != nil {
		return err
	}
	here, changed, err := watch(ctx, *kubeconfig)
	if err != nil {
		return err
	}
	here.ingressAddress = *ingressAddress
	go openVolumes(ctx, *volumes)
	go growVolumes(ctx, here)
	front := newFront(here, authority)
	failed := make(chan error, 2)
	front.serve(*ingressAddress, failed)
	return loop(ctx, here, pool, front, *hostsFile, changed, failed)
}

// loop reconciles everything whenever anything changed: a location of this size is read in a millisecond.
func loop(ctx context.Context, here *location, pool pool, front *front, hostsFile string, changed <-chan struct{}, failed <-chan error) error {
	retry := time.NewTicker(10 * time.Second)
	defer retry.Stop()
	for {
		if err := here.assignAddresses(ctx, pool); err != nil {
			log.Printf("assigning addresses: %v", err)
		}
		if err := front.load(ctx); err != nil {
			log.Printf("loading Ingress rules: %v", err)
		}
		if err := here.writeHosts(hostsFile); err != nil {
			log.Printf("writing names: %v", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-changed:
		case <-retry.C:
		}
	}
}

// watch starts the caches; the channel says that something in them changed.
func watch(ctx context.Context, kubeconfig string) (*location, <-chan struct{}, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, nil, err
	}
	config.UserAgent = "wolkenamt-stand-in-network"
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	changed := make(chan struct{}, 1)
	note := func(any) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{AddFunc: note, UpdateFunc: func(_, now any) { note(now) }, DeleteFunc: note}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(client, 0)
	for _, kind := range []schema.GroupVersionResource{services, secrets, ingresses, claims} {
		if _, err := factory.ForResource(kind).Informer().AddEventHandler(handler); err != nil {
			return nil, nil, err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return &location{
		client: client, services: factory.ForResource(services).Lister(),
		secrets: factory.ForResource(secrets).Lister(), ingresses: factory.ForResource(ingresses).Lister(),
		claims: factory.ForResource(claims).Lister(),
	}, changed, nil
}

// growVolumes has a pace of its own, so that each condition can be seen.
func growVolumes(ctx context.Context, here *location) {
	for ctx.Err() == nil {
		if err := here.resizeVolumes(ctx); err != nil {
			log.Printf("growing volumes: %v", err)
		}
		time.Sleep(time.Second)
	}
}

// openVolumes gives new volumes to everybody: the host-path provisioner makes folders of mode 0750 for root, and fsGroup is
// not applied to that kind of volume. A real storage driver does this by itself.
func openVolumes(ctx context.Context, folder string) {
	for ctx.Err() == nil {
		entries, err := os.ReadDir(folder)
		if err != nil {
			log.Printf("volumes: %v", err)
		}
		for _, entry := range entries {
			path := folder + "/" + entry.Name()
			if info, err := entry.Info(); err == nil && info.IsDir() && info.Mode().Perm() == 0o750 {
				if err := os.Chmod(path, 0o777); err != nil {
					log.Printf("volumes: %v", err)
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
}
