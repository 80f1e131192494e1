// Command cable carries connections of loopback to another port and can be pulled: SIGUSR1 pulls it, SIGUSR2 plugs it in again.
//
// While it is pulled nothing passes and nobody is told, as with a real one: connections stay open and are silent, new ones are
// never answered. What was on its way arrives afterwards.
//
// usage: cable PORT TARGET (127.0.0.1:8080)
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type cable struct {
	mutex   sync.Mutex
	changed *sync.Cond
	pulled  bool
}

// wait returns as soon as the cable is plugged in.
func (c *cable) wait() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for c.pulled {
		c.changed.Wait()
	}
}

func (c *cable) set(pulled bool) {
	c.mutex.Lock()
	c.pulled = pulled
	c.mutex.Unlock()
	c.changed.Broadcast()
	said := map[bool]string{true: "pulled", false: "plugged in"}[pulled]
	fmt.Println(time.Now().UTC().Format(time.RFC3339Nano), said)
}

// carry copies one direction; an end of it passes like everything else.
func (c *cable) carry(to, from *net.TCPConn) {
	buffer := make([]byte, 32<<10)
	for {
		count, readError := from.Read(buffer)
		c.wait()
		if _, err := to.Write(buffer[:count]); err != nil {
			from.CloseRead()
			return
		}
		if readError != nil {
			to.CloseWrite()
			return
		}
	}
}

func (c *cable) join(near *net.TCPConn, target string) {
	defer near.Close()
	c.wait()
	far, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer far.Close()
	var both sync.WaitGroup
	both.Add(2)
	go func() { defer both.Done(); c.carry(far.(*net.TCPConn), near) }()
	go func() { defer both.Done(); c.carry(near, far.(*net.TCPConn)) }()
	both.Wait()
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: cable PORT TARGET")
		os.Exit(2)
	}
	c := &cable{}
	c.changed = sync.NewCond(&c.mutex)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for received := range signals {
			c.set(received == syscall.SIGUSR1)
		}
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		near, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go c.join(near.(*net.TCPConn), os.Args[2])
	}
}
