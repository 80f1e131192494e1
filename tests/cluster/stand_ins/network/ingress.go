package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

const ingressClass = "wolkenamt"

// allowAnnotation holds the networks that may connect, separated by commas, as with ingress-nginx.
const allowAnnotation = "nginx.ingress.kubernetes.io/whitelist-source-range"

// front answers the hosts of all Ingress objects of our class at one address.
type front struct {
	here      *location
	authority *authority
	table     atomic.Pointer[table]
}

// table is what a request is looked up in; it is replaced as a whole.
type table struct {
	routes map[string][]route
	tls    map[string]*tls.Certificate // nil value: the location's CA signs one
}

type route struct {
	path   string
	exact  bool
	target *url.URL
	proxy  *httputil.ReverseProxy
	allow  []netip.Prefix // empty: everybody
}

func newFront(here *location, a *authority) *front {
	f := &front{here: here, authority: a}
	f.table.Store(&table{})
	return f
}

func (f *front) serve(address string, failed chan<- error) {
	plain := &http.Server{Addr: address + ":80", Handler: f.handler(false), ReadHeaderTimeout: 10 * time.Second}
	secure := &http.Server{
		Addr: address + ":443", Handler: f.handler(true), ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{GetCertificate: f.certificate, MinVersion: tls.VersionTLS12},
	}
	go func() { failed <- plain.ListenAndServe() }()
	go func() { failed <- secure.ListenAndServeTLS("", "") }()
}

func (f *front) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	own, listed := f.table.Load().tls[name]
	if !listed {
		return nil, fmt.Errorf("no Ingress offers TLS for %q", name)
	}
	if own != nil {
		return own, nil
	}
	return f.authority.certificateFor(name)
}

func (f *front) handler(secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(r.Host)
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		now := f.table.Load()
		if _, tls := now.tls[host]; tls && !secure {
			http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusPermanentRedirect)
			return
		}
		for _, candidate := range now.routes[host] {
			if candidate.fits(r.URL.Path) {
				if !candidate.admits(r.RemoteAddr) {
					http.Error(w, "this network is not allowed", http.StatusForbidden)
					return
				}
				candidate.proxy.ServeHTTP(w, r)
				return
			}
		}
		http.Error(w, "no Ingress for this host and path", http.StatusNotFound)
	})
}

func (r route) fits(path string) bool {
	if r.exact {
		return path == r.path
	}
	prefix := strings.TrimSuffix(r.path, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func (r route) admits(remote string) bool {
	if len(r.allow) == 0 {
		return true
	}
	from, err := netip.ParseAddrPort(remote)
	return err == nil && slices.ContainsFunc(r.allow, func(network netip.Prefix) bool {
		return network.Contains(from.Addr().Unmap())
	})
}

// allowed reads the annotation. Nobody is let in by a list that cannot be read.
func allowed(ingress networkingv1.Ingress) []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range strings.Split(ingress.Annotations[allowAnnotation], ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			log.Printf("Ingress %s/%s: %v", ingress.Namespace, ingress.Name, err)
			network = netip.MustParsePrefix("255.255.255.255/32")
		}
		networks = append(networks, network)
	}
	return networks
}

// load reads all Ingress objects into a new table and writes the address into their status.
func (f *front) load(ctx context.Context) error {
	all, err := f.here.ours()
	if err != nil {
		return err
	}
	next := &table{routes: map[string][]route{}, tls: map[string]*tls.Certificate{}}
	var problems []error
	for _, ingress := range all {
		for _, rule := range ingress.Spec.Rules {
			if rule.HTTP == nil || rule.Host == "" {
				continue
			}
			for _, path := range rule.HTTP.Paths {
				made, err := f.here.route(ingress.Namespace, path)
				if err != nil {
					problems = append(problems, fmt.Errorf("Ingress %s/%s: %w", ingress.Namespace, ingress.Name, err))
					continue
				}
				made.allow = allowed(ingress)
				next.routes[rule.Host] = append(next.routes[rule.Host], made)
			}
		}
		for _, offered := range ingress.Spec.TLS {
			own := f.here.certificateIn(ingress.Namespace, offered.SecretName)
			for _, host := range offered.Hosts {
				next.tls[host] = own
			}
		}
		if len(ingress.Status.LoadBalancer.Ingress) != 1 || ingress.Status.LoadBalancer.Ingress[0].IP != f.here.ingressAddress {
			problems = append(problems, f.here.patchStatus(ctx, "ingresses", ingress.Namespace, ingress.Name, []string{f.here.ingressAddress}))
		}
	}
	for _, routes := range next.routes {
		sort.SliceStable(routes, func(a, b int) bool {
			if routes[a].exact != routes[b].exact {
				return routes[a].exact
			}
			return len(routes[a].path) > len(routes[b].path)
		})
	}
	f.table.Store(next)
	return errors.Join(problems...)
}

// route leads to the Service's cluster address; kube-proxy chooses the pod.
func (l *location) route(namespace string, path networkingv1.HTTPIngressPath) (route, error) {
	backend := path.Backend.Service
	if backend == nil {
		return route{}, errors.New("only Services can be a backend")
	}
	all, err := typed[corev1.Service](l.services)
	if err != nil {
		return route{}, err
	}
	for _, service := range all {
		if service.Namespace != namespace || service.Name != backend.Name {
			continue
		}
		for _, port := range service.Spec.Ports {
			if port.Port == backend.Port.Number || backend.Port.Name != "" && port.Name == backend.Port.Name {
				target := &url.URL{Scheme: "http", Host: fmt.Sprintf("%s:%d", service.Spec.ClusterIP, port.Port)}
				exact := path.PathType != nil && *path.PathType == networkingv1.PathTypeExact
				return route{path: path.Path, exact: exact, target: target, proxy: proxyTo(target)}, nil
			}
		}
	}
	return route{}, fmt.Errorf("Service %q has no such port or does not exist", backend.Name)
}

var transport = &http.Transport{DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext, IdleConnTimeout: 10 * time.Second}

func proxyTo(target *url.URL) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.Printf("%s: %v", r.Host, err)
			http.Error(w, "the application does not answer", http.StatusBadGateway)
		},
	}
}

func (l *location) ours() ([]networkingv1.Ingress, error) {
	all, err := typed[networkingv1.Ingress](l.ingresses)
	if err != nil {
		return nil, err
	}
	found := all[:0]
	for _, ingress := range all {
		if ingress.DeletionTimestamp == nil && ingress.Spec.IngressClassName != nil && *ingress.Spec.IngressClassName == ingressClass {
			found = append(found, ingress)
		}
	}
	return found, nil
}

func (l *location) ingressHosts() (map[string]bool, error) {
	all, err := l.ours()
	hosts := map[string]bool{}
	for _, ingress := range all {
		for _, rule := range ingress.Spec.Rules {
			if hostName.MatchString(rule.Host) {
				hosts[rule.Host] = true
			}
		}
	}
	return hosts, err
}

// certificateIn reads a TLS Secret; nil where there is none, and the location's CA signs.
func (l *location) certificateIn(namespace, name string) *tls.Certificate {
	if name == "" {
		return nil
	}
	all, err := typed[corev1.Secret](l.secrets)
	if err != nil {
		return nil
	}
	for _, secret := range all {
		if secret.Namespace == namespace && secret.Name == name {
			pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
			if err != nil {
				log.Printf("Secret %s/%s: %v", namespace, name, err)
				return nil
			}
			return &pair
		}
	}
	return nil
}
