# SPDX-License-Identifier: MIT
"""Sockets beside Python's: the same story told through both, the same outcomes."""
import ctypes
import errno
import os
import socket

from libplug import lib, run, same

P, I, N, L = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_int64
for name, result, *arguments in (
        ("plug_sock_timeout", L, P), ("plug_sock_set_timeout", I, P, L), ("plug_sock_blocking", ctypes.c_bool, P),
        ("plug_sock_family", I, P), ("plug_sock_type", I, P), ("plug_sock_proto", I, P), ("plug_sock_fd", I, P),
        ("plug_sock_recv", L, P, P, N, I), ("plug_sock_send", L, P, P, N, I), ("plug_sock_close", None, P),
        ("plug_sock_send_all", I, P, P, N, P), ("plug_sock_shutdown", I, P, I), ("plug_sock_listen", I, P, I),
        ("plug_sock_connect", I, P, P), ("plug_sock_bind", I, P, P), ("plug_sock_accept", I, P, P, P),
        ("plug_sock_local", I, P, P), ("plug_sock_inheritable", I, P), ("plug_sock_adopt", I, P, I, I, I, I),
        ("plug_addr_port", ctypes.c_uint16, P), ("plug_stream_open", I, P, P, I, P), ("plug_stream_close", I, P),
        ("plug_stream_readline", L, P, P, N), ("plug_cmsg_len", I, N, P), ("plug_cmsg_space", I, N, P),
        ("plug_default_timeout_set", None, L), ("plug_sock_open", I, P, I, I, I)):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments
ETIMEOUT, FOREVER = -7000, -1


def told(code):
    """A result below zero as the exception that Python would raise."""
    if code == ETIMEOUT:
        raise TimeoutError("timed out")
    if code < 0:
        raise OSError(-code, os.strerror(-code))
    return code


class Plug:
    """A plug_sock with the methods of socket.socket that the stories below use."""

    def __init__(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, proto=0, fileno=None, handle=None):
        self.h = handle or P()
        if handle is None and fileno is None:
            told(lib.plug_sock_open(ctypes.byref(self.h), family, kind, proto))
        elif handle is None:
            told(lib.plug_sock_adopt(ctypes.byref(self.h), fileno, -1, -1, -1))

    family = property(lambda s: lib.plug_sock_family(s.h))
    type = property(lambda s: lib.plug_sock_type(s.h))
    proto = property(lambda s: lib.plug_sock_proto(s.h))

    def settimeout(self, t):
        told(lib.plug_sock_set_timeout(self.h, FOREVER if t is None else int(t * 10**9)))

    def gettimeout(self):
        t = lib.plug_sock_timeout(self.h)
        return None if t == FOREVER else t / 10**9

    def setblocking(self, flag):
        self.settimeout(None if flag else 0)

    def getblocking(self):
        return lib.plug_sock_blocking(self.h)

    def get_inheritable(self):
        return bool(told(lib.plug_sock_inheritable(self.h)))

    def recv(self, n, flags=0):
        b = ctypes.create_string_buffer(max(n, 1))
        got = told(lib.plug_sock_recv(self.h, b, n, flags))
        return b.raw[:got]

    def send(self, data, flags=0):
        return told(lib.plug_sock_send(self.h, data, len(data), flags))

    def sendall(self, data):
        told(lib.plug_sock_send_all(self.h, data, len(data), None))

    def shutdown(self, how):
        told(lib.plug_sock_shutdown(self.h, how))

    def _address(self, port):
        a = ctypes.create_string_buffer(256)
        told(lib.plug_addr_parse(f"127.0.0.1:{port}".encode(), a))
        return a

    def bind(self, at):
        told(lib.plug_sock_bind(self.h, self._address(at[1])))

    def connect(self, at):
        told(lib.plug_sock_connect(self.h, self._address(at[1])))

    def listen(self, backlog):
        told(lib.plug_sock_listen(self.h, backlog))

    def getsockname(self):
        a = ctypes.create_string_buffer(256)
        told(lib.plug_sock_local(self.h, a))
        return "127.0.0.1", lib.plug_addr_port(a)

    def accept(self):
        conn = P()
        told(lib.plug_sock_accept(self.h, ctypes.byref(conn), None))
        return Plug(handle=conn), None

    def lines(self, n):
        f, line, out = P(), ctypes.create_string_buffer(1000), []
        told(lib.plug_stream_open(ctypes.byref(f), self.h, 1, None))
        for _ in range(n):
            got = told(lib.plug_stream_readline(f, line, 1000))
            out.append(line.raw[:got])
        lib.plug_stream_close(f)
        return out

    def close(self):
        h, self.h = self.h, P()
        lib.plug_sock_close(h)


class Python(socket.socket):
    def accept(self):
        fd, address = self._accept()
        conn = Python(fileno=fd)
        if socket.getdefaulttimeout() is None and self.gettimeout():
            conn.setblocking(True)  # what socket.socket.accept does
        return conn, address

    def lines(self, n):
        with self.makefile("rb") as f:
            return [f.readline() for _ in range(n)]


def outcome(call):
    try:
        value = call()
        return value if isinstance(value, (int, bytes, float, list, tuple, bool, type(None))) else "ok"
    except TimeoutError as e:
        return "timed out" if e.errno is None else errno.errorcode[e.errno]
    except OSError as e:
        return errno.errorcode[e.errno]


def tell(story):
    def both():
        for case in story(None):
            results = []
            for make in Plug, Python:
                made = []

                def new(*args, make=make, made=made, **kwargs):
                    made.append(make(*args, **kwargs))
                    return made[-1]
                results.append(case(new))
                for s in made:
                    s.close()
            same(results[0], results[1], story.__name__)
    both.__name__ = story.__name__
    return both


def pair(new, kind=socket.SOCK_STREAM):
    return [new(fileno=s.detach()) for s in socket.socketpair(socket.AF_UNIX, kind)]


@tell
def timeouts_and_blocking(_):
    def case(t, new):
        s = new()
        s.settimeout(t)
        fd = s.fileno() if hasattr(s, "fileno") else lib.plug_sock_fd(s.h)
        return s.gettimeout(), bool(s.getblocking()), os.get_blocking(fd), s.get_inheritable()
    return [lambda new, t=t: case(t, new) for t in (None, 0, 0.0, 0.001, 1, 100.0, 1e6)]


@tell
def making_and_adopting(_):
    def made(kind, new):
        s = new(socket.AF_INET, kind)
        return int(s.family), int(s.type), s.gettimeout()

    def adopted(kind, new):
        s = new(fileno=socket.socket(socket.AF_INET, kind).detach())
        return int(s.family), int(s.type), s.proto, s.gettimeout()
    kinds = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.SOCK_RDM
    return ([lambda new, k=k: outcome(lambda: made(k, new)) for k in kinds] +
            [lambda new, k=k: outcome(lambda: adopted(k, new)) for k in kinds[:2]] +
            [lambda new, fd=fd: outcome(lambda: new(fileno=fd)) for fd in (9999, os.open("/dev/null", os.O_RDONLY))])


@tell
def receiving(_):
    def case(t, kind, steps, new):
        a, b = pair(new, kind)
        b.settimeout(t)
        out = []
        for step in steps:
            if isinstance(step, bytes):
                out.append(outcome(lambda: a.send(step)))
            elif step == "end":
                out.append(outcome(lambda: a.shutdown(socket.SHUT_WR)))
            else:
                out.append(outcome(lambda: b.recv(*step)))
        return out
    steps = ([b"abc", (2,), (0,), (2,)], [b"abc", (2, socket.MSG_PEEK), (3,)], [b"", b"x", (5,), (5,)],
             ["end", (1,), (1,)], [b"ab", "end", (9,), (9,)])
    # with a timeout, Python waits in spite of MSG_DONTWAIT; plug_sock_recv does not
    dontwait = [b"abcdef", (3,), (3, socket.MSG_DONTWAIT)], [(1, socket.MSG_DONTWAIT)]
    cases = [lambda new, t=t, k=k, s=s: case(t, k, s, new) for s in steps for t in (None, 0, 0.05)
             for k in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET)
             if k == socket.SOCK_SEQPACKET and t is not None or k == socket.SOCK_STREAM and b"" not in s]
    cases += [lambda new, t=t, s=s: case(t, socket.SOCK_STREAM, s, new) for s in dontwait for t in (None, 0)]
    return cases + [lambda new, t=t: case(t, socket.SOCK_DGRAM, [(1,)], new) for t in (0, 0.01)]


@tell
def sending_to_the_gone(_):
    def case(kind, call, new):
        a, b = pair(new, kind)
        b.close()
        return outcome(lambda: call(a)), outcome(lambda: call(a))
    calls = lambda s: s.send(b"x"), lambda s: s.sendall(b"x" * 100), lambda s: s.recv(1)
    return [lambda new, k=k, c=c: case(k, c, new) for k in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET) for c in calls]


@tell
def connecting_and_accepting(_):
    def refused(t, new):
        taken = socket.socket()
        taken.bind(("127.0.0.1", 0))
        s = new()
        s.settimeout(t)
        return outcome(lambda: s.connect(taken.getsockname()))

    def served(listener, client, new):
        l, c = new(), new()
        l.bind(("127.0.0.1", 0))
        l.listen(1)
        l.settimeout(listener)
        c.settimeout(client)
        before = outcome(l.accept) if listener is not None else None
        made = outcome(lambda: c.connect(l.getsockname()))
        conn, _ = l.accept()
        fd = conn.fileno() if hasattr(conn, "fileno") else lib.plug_sock_fd(conn.h)
        out = before, made, conn.gettimeout(), os.get_blocking(fd), conn.get_inheritable()
        conn.close()
        return out

    def bound(new):
        a, b = new(), new()
        a.bind(("127.0.0.1", 0))
        a.listen(1)
        return outcome(lambda: b.bind(a.getsockname())), outcome(lambda: a.recv(1)), outcome(lambda: a.send(b"x"))
    return ([lambda new, t=t: refused(t, new) for t in (None, 5)] +
            [lambda new, l=l, c=c: served(l, c, new) for l in (None, 0.05) for c in (None, 5)] + [bound])


@tell
def lines_of_a_stream(_):
    def case(text, new):
        a, b = pair(new)
        a.sendall(text)
        a.shutdown(socket.SHUT_WR)
        return b.lines(4)
    texts = b"one\ntwo\n", b"one\n\n\nx", b"no end", b"\r\n\n", b"a\0b\nc", b"\n"
    return [lambda new, t=t: case(t, new) for t in texts]


def control_lengths():
    out = N()
    for n in list(range(100)) + [2**31 - 100, 2**31 - 25, 2**31 - 24, 2**31 - 17, 2**31 - 16, 2**31 - 1, 2**31]:
        for ours, theirs in (lib.plug_cmsg_len, socket.CMSG_LEN), (lib.plug_cmsg_space, socket.CMSG_SPACE):
            try:
                want = theirs(n)
            except OverflowError:
                want = None
            same(out.value if ours(n, ctypes.byref(out)) == 0 else None, want, (theirs.__name__, n))


run(timeouts_and_blocking, making_and_adopting, receiving, sending_to_the_gone, connecting_and_accepting,
    lines_of_a_stream, control_lengths)
