// SPDX-License-Identifier: MIT

// Go's net: a goroutine for each connection.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

func serve(c net.Conn, room int) {
	buf := make([]byte, room)
	defer c.Close()
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err = c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func main() {
	room := 2048
	if len(os.Args) > 1 {
		room, _ = strconv.Atoi(os.Args[1])
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "listening on tcp://%s\n", l.Addr())
	for {
		c, err := l.Accept()
		if err != nil {
			panic(err)
		}
		go serve(c, room)
	}
}
