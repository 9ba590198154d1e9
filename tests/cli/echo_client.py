# SPDX-License-Identifier: MIT
"""Clients of plug echo: echo_client.py SCENE PORT [ARGUMENT...]. Exits 0 when all is as it must be."""
import os
import random
import signal
import socket
import struct
import sys
import time

scene, port = sys.argv[1], int(sys.argv[2])
more = sys.argv[3:]


def connect():
    return socket.create_connection(("127.0.0.1", port), 10)


def read_all(s):
    data = b""
    while True:
        try:
            part = s.recv(65536)
        except ConnectionResetError:
            return data
        if not part:
            return data
        data += part


def is_gone(s):
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def changed(data, mode):
    if mode == "upper":
        return bytes(b - 32 if 97 <= b <= 122 else b for b in data)
    if mode == "reverse":
        return data.decode("utf-8", "surrogateescape")[::-1].encode("utf-8", "surrogateescape")
    return data


def want(messages, framing, mode):
    if framing == "none":
        return changed(b"".join(messages), mode)
    if framing == "len32":
        return b"".join(frame(changed(m, mode)) for m in messages)
    return b"".join(changed(m.rstrip(b"\r\n"), mode) + m[len(m.rstrip(b"\r\n")):] for m in messages)


def transcript():
    framing, mode = more
    messages = ["one\n".encode(), "zwölf €\r\n".encode(), b"\n", b"bad \xff\xe2\x82 utf-8\n", "😀 last".encode()]
    data = b"".join(frame(m) if framing == "len32" else m for m in messages)
    for step in (len(data), 1, 3, 7):
        with connect() as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(data), step):
                s.sendall(data[i:i + step])
                if step > 1:
                    time.sleep(0.002)
            s.shutdown(socket.SHUT_WR)
            got = read_all(s)
            assert got == want(messages, framing, mode), (step, got, want(messages, framing, mode))


LIMIT = 1000


def noisy_stream(rng):
    """Frames, the last of them perhaps too long or cut off: the bytes, the replies, and whether all is well."""
    data, replies = b"", b""
    for _ in range(rng.randrange(6)):
        data += (one := frame(rng.randbytes(rng.choice([0, 1, 7, LIMIT - 1, LIMIT, rng.randrange(LIMIT)]))))
        replies += one
    end = rng.randrange(4)
    if end == 0:
        data += struct.pack(">I", rng.choice([LIMIT + 1, 2**31, 2**32 - 1])) + rng.randbytes(rng.randrange(3000))
    elif end == 1:
        data += frame(rng.randbytes(100))[:rng.randrange(1, 104)]
    return data, replies, end > 1


def noise():
    """Frames of a random kind, cut at random places, whole and broken ones: right replies up to the mistake."""
    seed = int(more[0]) if more else int.from_bytes(os.urandom(4), "big")
    rng = random.Random(seed)
    for _ in range(60):
        data, replies, well = noisy_stream(rng)
        with connect() as s:
            try:
                while data:
                    step = rng.randrange(1, 1 + rng.choice([3, 300, 5000]))
                    s.sendall(data[:step])
                    data = data[step:]
                s.shutdown(socket.SHUT_WR)
            except OSError:
                assert not well, seed
            got = read_all(s)
            assert got == replies if well else replies.startswith(got), (seed, well, len(got), len(replies))
    with connect() as s:
        s.sendall(frame(b"still there"))
        assert s.recv(100) == frame(b"still there"), seed


def rude():
    s = connect()
    s.sendall(b"half")
    s.shutdown(socket.SHUT_WR)
    assert read_all(s) == b"half"
    s.close()
    s = connect()
    s.sendall(b"x" * 100)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    connect().close()


def limit():
    framing, most = more[0], int(more[1])
    for length, answered in ((most - 1, True), (most, True), (most + 1, False)):
        payload = b"x" * length
        data = frame(payload) if framing == "len32" else payload + b"\n"
        with connect() as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            except OSError:
                assert not answered
            assert read_all(s) == (data if answered else b""), length


def badframe():
    for end in (frame(b"123456789"), b"\0\0\0"):
        with connect() as s:
            s.sendall(frame(b"12345678") + end)
            s.shutdown(socket.SHUT_WR)
            assert read_all(s) == frame(b"12345678")


def datagrams():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect(("127.0.0.1", port))
    for data in (b"", b"hello", b"x" * 65507, "ü".encode()[:1]):
        s.send(data)
        assert s.recv(65536) == data.upper()
    many = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
    for turn in range(4):
        for i, m in enumerate(many):
            m.settimeout(5)
            m.sendto(b"from %d" % i, ("127.0.0.1", port))
        for i, m in enumerate(many):
            data, peer = m.recvfrom(99)
            assert data == b"FROM %d" % i and peer == ("127.0.0.1", port)


def loop():
    for source in (("127.0.0.1", 0), ("127.0.0.1", 777), ("127.0.0.3", int(more[0]))):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(source)
        s.settimeout(0.3)
        s.sendto(b"hello", ("127.0.0.1", port))
        try:
            assert s.recv(9) == b"hello" and source[1] == 0
        except TimeoutError:
            assert source[1] != 0


def idle():
    silent = [connect() for _ in range(5)]
    busy = connect()
    for _ in range(12):
        busy.sendall(b"still here")
        assert busy.recv(99) == b"still here"
        time.sleep(0.08)
    assert all(is_gone(s) for s in silent)


def many():
    kept = [connect() for _ in range(int(more[0]))]
    for s in kept:
        s.sendall(b"x")
        assert s.recv(1) == b"x"
    assert all(is_gone(connect()) for _ in range(int(more[1])))
    for s in kept:
        s.sendall(b"y")
        assert s.recv(1) == b"y"


def drain():
    s = connect()
    s.sendall(b"first")
    assert s.recv(9) == b"first"
    os.kill(int(more[0]), signal.SIGTERM)
    time.sleep(0.3)
    s.sendall(b"last")
    s.shutdown(socket.SHUT_WR)
    assert read_all(s) == b"last"


globals()[scene]()
