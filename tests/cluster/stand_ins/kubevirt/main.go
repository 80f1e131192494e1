// A stand-in that plays KubeVirt, and CDI as far as a disk is filled from an image, so that the operator of Wolkenamt can be
// run and tested without the real ones. It creates the same objects under the same names and reports the same phases and
// conditions, the misleading ones included. See README.md beside this file for what it does not play.
//
// It runs outside the cluster with a kubeconfig, and installs its own minimal CRDs and admission policies.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"log"
	"os/signal"
	"strings"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"wolkenamt.test/cluster/stand_ins/installing"
)

const fieldManager = "stand-in-kubevirt"

//go:embed manifests/*.yaml
var manifests embed.FS

var (
	machines  = schema.GroupVersionResource{Group: "kubevirt.io", Version: "v1", Resource: "virtualmachines"}
	instances = schema.GroupVersionResource{Group: "kubevirt.io", Version: "v1", Resource: "virtualmachineinstances"}
	imports   = schema.GroupVersionResource{Group: "cdi.kubevirt.io", Version: "v1beta1", Resource: "volumeimportsources"}
	pods      = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	claims    = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumeclaims"}
	volumes   = schema.GroupVersionResource{Version: "v1", Resource: "persistentvolumes"}
	events    = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	revisions = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "controllerrevisions"}
)

type player struct {
	client  dynamic.Interface
	listers map[schema.GroupVersionResource]cache.GenericLister
	// Where the folders of volumes lie, seen from here; pods see them below /tmp/hostpath_pv.
	folder string
	// Address of an image → file with a disk.
	images map[string]string
}

func main() {
	log.SetFlags(log.LUTC | log.LstdFlags | log.Lmicroseconds)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	kubeconfig := flag.String("kubeconfig", "", "access to the cluster")
	folder := flag.String("volumes", "", "folder of the volumes on this machine")
	images := flag.String("images", "", "ADDRESS=FILE of disks that can be imported, comma separated")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.UserAgent, config.QPS, config.Burst = "wolkenamt-stand-in-kubevirt", 200, 400
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := installing.Apply(ctx, client, manifests, fieldManager, "manifests/crd.yaml", "manifests/policies.yaml"); err != nil {
		return err
	}
	if err := waitUntilServed(ctx, client); err != nil {
		return err
	}
	p := &player{client: client, folder: *folder, images: map[string]string{}, listers: map[schema.GroupVersionResource]cache.GenericLister{}}
	for _, entry := range strings.Split(*images, ",") {
		if address, file, is := strings.Cut(entry, "="); is {
			p.images[address] = file
		}
	}
	changed, err := p.watch(ctx)
	if err != nil {
		return err
	}
	log.Print("stand-in for KubeVirt: ready")
	p.loop(ctx, changed)
	return nil
}

// waitUntilServed tries an apply without effect: the kinds and the admission policies work a moment after they are there.
func waitUntilServed(ctx context.Context, client dynamic.Interface) error {
	probe := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": map[string]any{"name": "stand-in-probe", "namespace": "default"},
		"spec": map[string]any{"runStrategy": "Halted", "template": map[string]any{"spec": map[string]any{"domain": map[string]any{"devices": map[string]any{}}}}}}}
	options := metav1.ApplyOptions{FieldManager: fieldManager, DryRun: []string{metav1.DryRunAll}}
	for attempt := 0; ; attempt++ {
		answer, err := client.Resource(machines).Namespace("default").Apply(ctx, probe.GetName(), probe, options)
		if err == nil {
			if _, defaulted, _ := unstructured.NestedString(answer.Object, "spec", "template", "spec", "architecture"); defaulted {
				return nil
			}
			err = fmt.Errorf("the admission policies do not work")
		}
		if attempt == 200 {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// watch fills the caches; the channel says that something in them changed.
func (p *player) watch(ctx context.Context) (<-chan struct{}, error) {
	changed := make(chan struct{}, 1)
	note := func(any) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{AddFunc: note, UpdateFunc: func(_, now any) { note(now) }, DeleteFunc: note}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(p.client, 0)
	for _, kind := range []schema.GroupVersionResource{machines, instances, imports, pods, claims, volumes} {
		informer := factory.ForResource(kind)
		p.listers[kind] = informer.Lister()
		if _, err := informer.Informer().AddEventHandler(handler); err != nil {
			return nil, err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return changed, nil
}

// loop looks at everything whenever anything changed: a location of this size is read in a millisecond.
func (p *player) loop(ctx context.Context, changed <-chan struct{}) {
	retry := time.NewTicker(2 * time.Second)
	defer retry.Stop()
	for {
		p.each(ctx, claims, p.fill)
		p.each(ctx, volumes, p.reclaim)
		p.each(ctx, machines, p.machine)
		p.each(ctx, instances, p.instance)
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-retry.C:
		}
	}
}

func (p *player) each(ctx context.Context, kind schema.GroupVersionResource, act func(context.Context, *unstructured.Unstructured) error) {
	for _, object := range p.all(kind) {
		limited, cancel := context.WithTimeout(ctx, 30*time.Second)
		// A conflict or a missing object means that the cache was a moment behind: the next round looks again.
		if err := act(limited, object.DeepCopy()); err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			log.Printf("%s %s/%s: %v", kind.Resource, object.GetNamespace(), object.GetName(), err)
		}
		cancel()
	}
}
