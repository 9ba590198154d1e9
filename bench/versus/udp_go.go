// SPDX-License-Identifier: MIT
// Go: one datagram after the other, without an allocation for each.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	fmt.Fprintf(os.Stderr, "listening on udp://%s\n", c.LocalAddr())
	buf := make([]byte, 65536)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err == nil {
			c.WriteToUDPAddrPort(buf[:n], from)
		}
	}
}
