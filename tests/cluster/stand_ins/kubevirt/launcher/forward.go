package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"time"
)

// Where QEMU's network leads to the guest's port 22.
const guestPort = "127.0.0.1:2222"

// forward opens a port of the pod once the guest answers behind it. QEMU's own forwarding accepts connections from its
// first moment on, which would make a readiness probe a lie.
func forward(port, guest string) {
	for !answers(guest) {
		time.Sleep(500 * time.Millisecond)
	}
	listener, err := net.Listen("tcp", port)
	if err != nil {
		log.Printf("port %s: %v", port, err)
		return
	}
	log.Print("the guest answers")
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Printf("port %s: %v", port, err)
			return
		}
		go join(client, guest)
	}
}

// answers: the guest greets like an SSH server.
func answers(guest string) bool {
	connection, err := net.DialTimeout("tcp", guest, time.Second)
	if err != nil {
		return false
	}
	defer connection.Close()
	greeting := make([]byte, 4)
	if err := connection.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return false
	}
	_, err = io.ReadFull(connection, greeting)
	return err == nil && bytes.Equal(greeting, []byte("SSH-"))
}

func join(client net.Conn, guest string) {
	defer client.Close()
	server, err := net.Dial("tcp", guest)
	if err != nil {
		return
	}
	defer server.Close()
	done := make(chan struct{}, 2)
	one := func(to, from net.Conn) {
		// An error ends this direction; the peer learns it by the closed connection.
		_, _ = io.Copy(to, from)
		if half, can := to.(*net.TCPConn); can {
			_ = half.CloseWrite()
		}
		done <- struct{}{}
	}
	go one(server, client)
	go one(client, server)
	<-done
	<-done
}

// powerdown presses the button through QEMU's monitor.
func powerdown(socket string) error {
	monitor, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return err
	}
	defer monitor.Close()
	if err := monitor.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return err
	}
	answers := json.NewDecoder(monitor)
	var greeting map[string]any
	if err := answers.Decode(&greeting); err != nil {
		return err
	}
	for _, command := range []string{"qmp_capabilities", "system_powerdown"} {
		if _, err := fmt.Fprintf(monitor, "{\"execute\": %q}\n", command); err != nil {
			return err
		}
		for {
			answer := map[string]any{}
			if err := answers.Decode(&answer); err != nil {
				return err
			}
			if failure, failed := answer["error"]; failed {
				return errors.New(fmt.Sprint(failure))
			}
			if _, done := answer["return"]; done {
				break
			}
		}
	}
	return nil
}
