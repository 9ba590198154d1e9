# SPDX-License-Identifier: MIT
"""An echo server over TCP or UDP that does one thing wrong on purpose: faulty_echo.py KIND FAULT.
Prints its port. Faults: none, flip (every 50th reply), drop (every 50th), cut (after 20), silent, stall
(once for 300 ms), extra (every 50th reply twice), late (every 50th comes 300 ms late)."""
import asyncio
import sys
import time

kind, fault = sys.argv[1:3]
count = 0


def answer(data, send, loop):
    global count
    count += 1
    strange = count % 50 == 0
    if fault == "silent":
        return
    if fault == "stall" and count == 200:
        time.sleep(0.3)
    if strange and fault == "flip":
        data = bytes([data[0] ^ 1]) + data[1:]
    if strange and fault == "late":
        loop.call_later(0.3, send, data)
    elif not (strange and fault == "drop"):
        send(data)
    if strange and fault == "extra":
        send(data)


class Stream(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.count = transport, 0

    def data_received(self, data):
        self.count += 1
        if fault == "cut" and self.count > 20:
            self.transport.abort()
        else:
            answer(data, self.transport.write, asyncio.get_running_loop())


class Datagram(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        answer(data, lambda d: self.transport.sendto(d, peer), asyncio.get_running_loop())


async def main():
    loop = asyncio.get_running_loop()
    if kind == "tcp":
        server = await loop.create_server(Stream, "127.0.0.1", 0, backlog=1000)
        port = server.sockets[0].getsockname()[1]
    else:
        transport, _ = await loop.create_datagram_endpoint(Datagram, ("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
    print(port, flush=True)
    await asyncio.sleep(30)

asyncio.run(main())
