package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"time"
)

// authority signs certificates for published names: what a location's own PKI or cert-manager would do. Certificates live
// in memory only; a restart signs new ones.
type authority struct {
	pair   tls.Certificate
	mutex  sync.Mutex
	issued map[string]*tls.Certificate
}

const certificateLifetime = 30 * 24 * time.Hour

func loadAuthority(certificate, key string) (*authority, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	return &authority{pair: pair, issued: map[string]*tls.Certificate{}}, nil
}

func (a *authority) certificateFor(name string) (*tls.Certificate, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if known := a.issued[name]; known != nil && time.Now().Before(known.Leaf.NotAfter.Add(-certificateLifetime/3)) {
		return known, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	wanted := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name[:min(len(name), 64)]}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(certificateLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, wanted, a.pair.Leaf, &key.PublicKey, a.pair.PrivateKey)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	made := &tls.Certificate{Certificate: [][]byte{der, a.pair.Certificate[0]}, PrivateKey: key, Leaf: leaf}
	a.issued[name] = made
	return made, nil
}
