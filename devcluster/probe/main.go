// Command probe is the other end of the cluster's self-check.
//
//	probe serve ADDRESS         answer every connection with "ok"
//	probe dial ADDRESS          exit 0 when the address answers within 2 seconds
//	probe resolve NAME          print the addresses of a name
//	probe interfaces            print the addresses of this pod
//	probe write FILE            write to a file and read it back
package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"time"
)

const patience = 2 * time.Second

var verbs = map[string]func(string) error{
	"serve": serve, "dial": dial, "resolve": resolve, "interfaces": interfaces, "write": write,
}

func main() {
	argument := ""
	if len(os.Args) > 2 {
		argument = os.Args[2]
	}
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: probe serve|dial|resolve|interfaces|write [ARGUMENT]")
		os.Exit(2)
	}
	if err := verbs[os.Args[1]](argument); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		_, _ = connection.Write([]byte("ok\n"))
		_ = connection.Close()
	}
}

func dial(address string) error {
	connection, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return err
	}
	return connection.Close()
}

func resolve(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return err
	}
	fmt.Println(addresses)
	return nil
}

func interfaces(string) error {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, address := range addresses {
		fmt.Println(address)
	}
	return nil
}

func write(file string) error {
	want := []byte(time.Now().String())
	if err := os.WriteFile(file, want, 0o600); err != nil {
		return err
	}
	got, err := os.ReadFile(file)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%s does not hold what was written", file)
	}
	return err
}
