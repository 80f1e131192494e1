package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	certificateLifetime = 90 * 24 * time.Hour
	renewBefore         = 7 * 24 * time.Hour
	passwordLength      = 64
)

// ensureSecrets makes what is missing and renews what ends soon. A Secret that was there before is used as it is.
func (c *controller) ensureSecrets(ctx context.Context, of *cluster) error {
	database, owner := of.application()
	if of.appSecret() == of.Name+"-app" {
		if err := c.ensurePassword(ctx, of, of.Name+"-app", owner, database, "app"); err != nil {
			return err
		}
	}
	if of.Spec.EnableSuperuserAccess {
		if err := c.ensurePassword(ctx, of, of.Name+"-superuser", "postgres", "*", "superuser"); err != nil {
			return err
		}
	} else if content := c.find(secrets, of.Namespace, of.Name+"-superuser"); content != nil && ownerOf(content) == of.Name {
		if err := c.remove(ctx, secrets, of.Namespace, of.Name+"-superuser"); err != nil {
			return err
		}
	}
	authority, err := c.ensureAuthority(ctx, of)
	if err != nil || authority == nil {
		return err
	}
	if err := c.ensureCertificate(ctx, of, authority, of.Name+"-server", of.Name+"-rw", of.serverNames(), x509.ExtKeyUsageServerAuth); err != nil {
		return err
	}
	return c.ensureCertificate(ctx, of, authority, of.Name+"-replication", "streaming_replica", nil, x509.ExtKeyUsageClientAuth)
}

func (of *cluster) serverNames() []string {
	names := []string{}
	for _, kind := range []string{"rw", "r", "ro"} {
		short := of.Name + "-" + kind
		names = append(names, short, short+"."+of.Namespace, short+"."+of.Namespace+".svc", short+"."+of.Namespace+".svc.cluster.local")
	}
	return append(names, of.Spec.Certificates.ServerAltDNSNames...)
}

func (c *controller) ensurePassword(ctx context.Context, of *cluster, name, user, database, kind string) error {
	if c.find(secrets, of.Namespace, name) != nil {
		return nil
	}
	password := randomPassword()
	host := of.Name + "-rw"
	short := fmt.Sprintf("%s.%s", host, of.Namespace)
	long := short + ".svc.cluster.local"
	uri := func(at string) string {
		return fmt.Sprintf("postgresql://%s:%s@%s:5432/%s", user, password, at, database)
	}
	jdbc := func(at string) string {
		return fmt.Sprintf("jdbc:postgresql://%s:5432/%s?password=%s&user=%s", at, database, password, user)
	}
	values := map[string]string{
		"username": user, "user": user, "password": password, "dbname": database, "host": host, "port": "5432",
		"uri": uri(short), "fqdn-uri": uri(long), "jdbc-uri": jdbc(short), "fqdn-jdbc-uri": jdbc(long),
		"pgpass": fmt.Sprintf("%s:5432:%s:%s:%s\n", host, database, user, password),
	}
	secret := corev1.Secret{Type: corev1.SecretTypeBasicAuth, Data: map[string][]byte{},
		ObjectMeta: of.meta(name, kind == "app", map[string]string{"cnpg.io/reload": "true", "cnpg.io/userType": kind})}
	for key, value := range values {
		secret.Data[key] = []byte(value)
	}
	return c.create(ctx, secrets, "v1", "Secret", &secret)
}

// ensureAuthority answers nil while the cache has not seen the new Secret yet; the next round has.
func (c *controller) ensureAuthority(ctx context.Context, of *cluster) (*tls.Certificate, error) {
	name := of.Name + "-ca"
	present, err := findAs[corev1.Secret](c, secrets, of.Namespace, name)
	if err != nil {
		return nil, err
	}
	if present != nil {
		pair, err := tls.X509KeyPair(present.Data["ca.crt"], present.Data["ca.key"])
		if err != nil {
			return nil, fmt.Errorf("Secret %s: %w", name, err)
		}
		if time.Until(pair.Leaf.NotAfter) > renewBefore {
			return &pair, nil
		}
	}
	certificate, key, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: of.Name, OrganizationalUnit: []string{of.Namespace}}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}, nil)
	if err != nil {
		return nil, err
	}
	secret := corev1.Secret{ObjectMeta: of.meta(name, false, nil), Type: corev1.SecretTypeOpaque, Data: map[string][]byte{"ca.crt": certificate, "ca.key": key}}
	if err := c.ensure(ctx, secrets, "v1", "Secret", &secret); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	return &pair, err
}

func (c *controller) ensureCertificate(ctx context.Context, of *cluster, authority *tls.Certificate, name, subject string, names []string, usage x509.ExtKeyUsage) error {
	present, err := findAs[corev1.Secret](c, secrets, of.Namespace, name)
	if err != nil {
		return err
	}
	if present != nil {
		pair, err := tls.X509KeyPair(present.Data[corev1.TLSCertKey], present.Data[corev1.TLSPrivateKeyKey])
		fits := err == nil && pair.Leaf.CheckSignatureFrom(authority.Leaf) == nil && slices.Equal(pair.Leaf.DNSNames, names)
		if fits && time.Until(pair.Leaf.NotAfter) > renewBefore {
			return nil
		}
	}
	certificate, key, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: subject}, DNSNames: names, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, authority)
	if err != nil {
		return err
	}
	secret := corev1.Secret{ObjectMeta: of.meta(name, false, map[string]string{"cnpg.io/reload": "true"}), Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key}}
	return c.ensure(ctx, secrets, "v1", "Secret", &secret)
}

// issue signs a certificate; without an authority it signs itself.
func issue(wanted *x509.Certificate, authority *tls.Certificate) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if wanted.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, nil, err
	}
	wanted.NotBefore, wanted.NotAfter = time.Now().Add(-time.Minute), time.Now().Add(certificateLifetime)
	parent, signer := wanted, any(private)
	if authority != nil {
		parent, signer = authority.Leaf, authority.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, wanted, parent, &private.PublicKey, signer)
	if err != nil {
		return nil, nil, err
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded}), nil
}

func randomPassword() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	text := make([]byte, 0, passwordLength)
	for random := make([]byte, 1); len(text) < passwordLength; {
		rand.Read(random) // never fails, by its documentation
		// Bytes above the last multiple of the alphabet would favour its first letters.
		if int(random[0]) < 256/len(alphabet)*len(alphabet) {
			text = append(text, alphabet[int(random[0])%len(alphabet)])
		}
	}
	return string(text)
}
