# SPDX-License-Identifier: MIT
"""plug_chat beside Python's asynchat: random talks, the same hooks and the same bytes."""
import collections
import ctypes
import errno
import fcntl
import os
import re
import select
import socket
import struct
import termios
import time
import warnings

from libplug import Skip, chance, lib, run, same, seed

warnings.simplefilter("ignore")
try:
    import asynchat
    import asyncore
except ImportError:  # Python 3.12 has lost them
    asynchat = asyncore = None

TALKS = int(os.environ.get("PLUG_CASES", 1500))
HANDLE, BYTES, SIZE = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t
EXIT = 2**31 - 1
WORDS = [b"\n", b"\r\n", b"\r\n.\r\n", b"aba", b"aab", b"a"]


class Brain:
    """What a service does in its hooks: the same for both, decided before. Notes what was called."""

    def __init__(self, plan):
        self.plan = collections.deque(plan)
        self.trace = []
        self.over = False

    def note(self, *what):
        """Pieces of a message are joined: how they are cut depends on the size of a buffer."""
        if what[0] == "collect" and self.trace and self.trace[-1][0] == "collect":
            what = ("collect", self.trace.pop()[1] + what[1])
        self.trace.append(what)

    def collect(self, data):
        if not self.over:
            self.note("collect", data)

    def found(self):
        if self.over:
            return 0
        self.note("found")
        return self.act(self.plan.popleft() if self.plan else ("nothing",))

    def connected(self):
        self.note("connect")

    def closes(self):
        if not self.over:
            self.note("close")
            self.over = True
            self.close()

    def failed(self, error):
        if not self.over:
            self.note("error", error)

    def asked(self, left):
        """A producer."""
        self.note("more", len(left))
        return left.popleft() if left else b""

    def act(self, action):
        """The result of a hook: 0, an error, or EXIT."""
        name, *values = action
        if name in ("fail", "exit"):
            return -values[0] if name == "fail" else EXIT
        if name != "nothing" and not self.over:
            for value in values or [()]:
                getattr(self, name)(*([value] if values else []))
        return 0


# --- Python's ----------------------------------------------------------------------------------

def raising(result):
    if result == EXIT:
        raise asyncore.ExitNow
    if result < 0:
        raise OSError(-result, os.strerror(-result))


class Producer:
    def __init__(self, brain, left):
        self.brain, self.left = brain, left

    def more(self):
        return self.brain.asked(self.left)


def theirs(sock, plan):
    class Chat(asynchat.async_chat):
        def collect_incoming_data(self, data):
            brain.collect(bytes(data))

        def found_terminator(self):
            raising(brain.found())

        def handle_connect(self):
            brain.connected()

        def handle_close(self):
            brain.closes()

        def handle_error(self):
            brain.failed(asyncore.sys.exc_info()[1].errno)

    everybody = {}
    brain = Brain(plan)
    chat = Chat(None if isinstance(sock, tuple) else sock, everybody)
    brain.close, brain.push, brain.terminator = chat.close, chat.push, chat.set_terminator
    brain.close_when_done, brain.discard = chat.close_when_done, chat.discard_buffers
    brain.produce = lambda pieces: chat.push_with_producer(Producer(brain, collections.deque(pieces)))
    chat.set_terminator(None)
    if isinstance(sock, tuple):
        chat.create_socket()
        chat.connect(sock)

    def turn():
        try:
            asyncore.poll2(0, everybody)
        except asyncore.ExitNow:
            brain.note("exit")
    brain.turn, brain.end, brain.fileno = turn, chat.close, lambda: chat.socket.fileno()
    brain.waiting = lambda: not brain.over and any(chat.producer_fifo)
    return brain


# --- ours --------------------------------------------------------------------------------------

COLLECT = ctypes.CFUNCTYPE(ctypes.c_int, HANDLE, BYTES, SIZE)
HOOK = ctypes.CFUNCTYPE(ctypes.c_int, HANDLE)
ERROR = ctypes.CFUNCTYPE(ctypes.c_int, HANDLE, ctypes.c_int)
FREED = ctypes.CFUNCTYPE(None, HANDLE)
MORE = ctypes.CFUNCTYPE(ctypes.c_int, HANDLE, ctypes.POINTER(BYTES), ctypes.POINTER(SIZE))


class Ops(ctypes.Structure):
    _fields_ = [("size", SIZE), ("collect", COLLECT), ("found", HOOK), ("connect", HOOK), ("close", HOOK),
                ("error", ERROR), ("freed", FREED)]


class OurProducer(ctypes.Structure):
    _fields_ = [("more", MORE), ("done", FREED), ("arg", HANDLE)]


class Addr(ctypes.Structure):
    _fields_ = [("storage", ctypes.c_uint64 * 16), ("len", ctypes.c_uint32)]


def address(sock):
    addr = Addr()
    assert lib.plug_addr_parse(f"{sock[0]}:{sock[1]}".encode(), ctypes.byref(addr)) == 0
    return addr


class Ours:
    """A chat with its map; keeps what C borrows."""

    def __init__(self, sock, brain):
        self.brain, self.kept, self.c, self.m = brain, [], HANDLE(), HANDLE()
        self.ops = Ops(ctypes.sizeof(Ops), COLLECT(self.collect), HOOK(lambda c: brain.found()),
                       HOOK(lambda c: brain.connected() or 0), HOOK(lambda c: brain.closes() or 0),
                       ERROR(lambda c, error: brain.failed(-error) or 0), FREED(lambda arg: None))
        assert lib.plug_dispatcher_map_open(ctypes.byref(self.m), chance.randrange(1, 4)) == 0
        assert lib.plug_chat_open(ctypes.byref(self.c), self.m, ctypes.byref(self.ops), None, None) == 0
        if isinstance(sock, tuple):
            assert lib.plug_chat_connect(self.c, ctypes.byref(address(sock))) == 0
        else:
            s = HANDLE()
            assert lib.plug_sock_adopt(ctypes.byref(s), sock.detach(), -1, -1, -1) == 0
            assert lib.plug_chat_set_sock(self.c, s) == 0

    def collect(self, c, data, size):
        self.brain.collect(ctypes.string_at(data, size))
        return 0

    def terminator(self, end):
        if isinstance(end, bytes):
            assert lib.plug_chat_set_terminator(self.c, end, SIZE(len(end))) == 0
        elif end is None:
            lib.plug_chat_set_raw(self.c)
        else:
            lib.plug_chat_set_length(self.c, SIZE(end))

    def push(self, data):
        lib.plug_chat_push(self.c, data, SIZE(len(data)))

    def produce(self, pieces):
        left = collections.deque(pieces)

        def more(arg, ret_bytes, ret_len):
            piece = ctypes.create_string_buffer(self.brain.asked(left))
            self.kept.append(piece)
            ret_bytes[0] = ctypes.addressof(piece)
            ret_len[0] = len(piece) - 1
            return 0
        producer = OurProducer(MORE(more), FREED(0), None)
        self.kept.append(producer)
        lib.plug_chat_push_producer(self.c, ctypes.byref(producer))

    def turn(self):
        r = lib.plug_dispatcher_poll(self.m, ctypes.c_int64(0))
        assert r in (0, EXIT), r
        if r == EXIT:
            self.brain.note("exit")

    def fileno(self):
        return lib.plug_dispatcher_fd(HANDLE(lib.plug_chat_dispatcher(self.c)))


lib.plug_chat_dispatcher.restype = HANDLE
lib.plug_chat_waiting.restype = SIZE


def ours(sock, plan):
    brain = Brain(plan)
    chat = Ours(sock, brain)
    brain.close = lambda: lib.plug_chat_close(chat.c)
    brain.push, brain.terminator, brain.produce = chat.push, chat.terminator, chat.produce
    brain.close_when_done = lambda: lib.plug_chat_close_when_done(chat.c)
    brain.discard = lambda: lib.plug_chat_discard(chat.c)
    brain.turn, brain.end, brain.fileno = chat.turn, lambda: lib.plug_dispatcher_map_close(chat.m), chat.fileno
    brain.waiting = lambda: not brain.over and lib.plug_chat_waiting(chat.c) > 0
    return brain


# --- talks -------------------------------------------------------------------------------------

def some_bytes(most):
    return bytes(chance.choice(b"ab\r\n.") for _ in range(chance.randrange(most + 1)))


def an_action():
    """What found may do. collect only notes: see what differs in docs/porting-from-python.md."""
    kind = chance.randrange(35)
    if kind < 12:
        return "terminator", chance.choice(WORDS + [1, 2, 7, 0, None])
    if kind < 22:
        return "push", some_bytes(30) + b"x"
    if kind < 24:
        return "push", some_bytes(30) + b"y", bytes(chance.choice([65535, 65536, 65537, 200000]))
    if kind < 28:
        return "produce", [some_bytes(20) + b"p" for _ in range(chance.randrange(4))]
    rare = {28: ("close_when_done",), 29: ("discard",), 30: ("closes",), 31: ("exit",),
            32: ("fail", errno.EIO), 33: ("fail", errno.ECONNRESET), 34: ("fail", errno.EPIPE)}
    return rare.get(kind, ("nothing",))


def a_step():
    kind = chance.randrange(20)
    if kind < 13:
        return "send", some_bytes(chance.choice([1, 3, 10, 60]))
    return ("act", an_action()) if kind < 18 else ("quiet",)


def a_talk():
    """What found does in turn; what happens to the service; how the client ends."""
    plan = [("terminator", chance.choice(WORDS))] * chance.randrange(2) + [an_action() for _ in range(30)]
    steps = [("act", ("terminator", chance.choice(WORDS + [1, 5, None])))]
    steps += [a_step() for _ in range(chance.randrange(1, 15))]
    return plan, steps + [(chance.choice(["half", "close", "reset"]),)]


def pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        served, _ = listener.accept()
    return client, served


def drain(client, got):
    """Whether the service may still send."""
    try:
        while data := client.recv(1 << 20):
            got += data
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def moves(brain):
    """Output waits, here or in the kernel."""
    out = fcntl.ioctl(brain.fileno(), termios.TIOCOUTQ, bytes(4)) if not brain.over else bytes(4)
    return brain.waiting() or any(out)


def settle(brain, client, got):
    """Turns until nothing moves any more."""
    still, end = 0, time.monotonic() + 5
    while still < 3 and time.monotonic() < end:
        before = len(brain.trace)
        brain.turn()
        if drain(client, got) and (brain.over or moves(brain)):
            select.select([client], [], [], 0.001)
            still = 0
        else:
            still = still + 1 if before == len(brain.trace) else 0


def arrives(brain):
    """What the client did has come to the service's socket."""
    if not brain.over:
        select.select([brain.fileno()], [], [], 5)


def step(brain, client, got, name, value=None):
    if name == "send" and value:
        try:
            client.sendall(value)
            arrives(brain)
        except OSError:  # the service has closed
            got += b"" if brain.over else b"?"
    elif name == "act":
        brain.act(value)
    elif name == "half":
        client.shutdown(socket.SHUT_WR) if not brain.over else None
        arrives(brain)
    elif name in ("close", "reset"):
        if name == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        arrives(brain)
    settle(brain, client, got)


def play(make, talk):
    plan, steps = talk
    client, served = pair()
    client.setblocking(False)
    brain, got, marks = make(served, plan), bytearray(), []
    with client:
        for one in steps:
            step(brain, client, got, *one)
            marks.append((len(brain.trace), len(got)))
        end = brain.over
        brain.end()
    return brain.trace, bytes(got), marks, end


def short(value):
    return re.sub(r"(\\x00){9,}", lambda m: f"\\0*{len(m[0]) // 4}", repr(value))


def needs_asyncore():
    if asyncore is None:
        raise Skip("this python has no asyncore")


def random_talks_are_the_same():
    needs_asyncore()
    seen = collections.Counter()
    for number in range(TALKS):
        talk = a_talk()
        a, b = play(ours, talk), play(theirs, talk)
        for what, x, y in zip(("hooks", "bytes", "steps", "is over"), a, b):
            assert x == y, f"talk {number}, {what}: {short(talk)}\nours   {short(x)}\ntheirs {short(y)}"
        seen.update(what[0] for what in a[0])
        seen[talk[1][-1][0]] += 1
    print(f"# PLUG_SEED={seed}, {TALKS} talks:", ", ".join(f"{k}: {n}" for k, n in seen.most_common()))
    assert all(seen[k] for k in ("collect", "found", "close", "error", "more", "exit", "half", "reset"))


def a_chat_that_dials():
    needs_asyncore()
    traces = []
    for make in ours, theirs:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            brain, got = make(listener.getsockname(), []), bytearray()
            brain.act(("push", b"before it is connected"))
            brain.act(("terminator", b"\n"))
            client, _ = listener.accept()
            client.setblocking(False)
            for one in (("quiet",), ("send", b"hello\nthere"), ("close",)):
                step(brain, client, got, *one)
            traces.append((brain.trace, got))
            brain.end()
    same(*traces, "a chat that dials")


def a_chat_that_is_refused():
    needs_asyncore()
    traces = []
    for make in ours, theirs:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            brain = make(listener.getsockname(), [])
            brain.turn()
            traces.append(brain.trace)
            brain.end()
    same(*traces, "a chat that is refused")


run(random_talks_are_the_same, a_chat_that_dials, a_chat_that_is_refused)
