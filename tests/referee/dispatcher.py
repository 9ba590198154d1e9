# SPDX-License-Identifier: MIT
"""plug_dispatcher beside Python's asyncore: random plays, the same hooks in the same turns."""
import collections
import ctypes
import errno
import os
import select
import socket
import struct
import time
import warnings

from libplug import Skip, chance, lib, run, seed

warnings.simplefilter("ignore")
try:
    import asyncore
except ImportError:  # Python 3.12 has lost it
    asyncore = None

PLAYS = int(os.environ.get("PLUG_CASES", 1500))
HANDLE, SIZE = ctypes.c_void_p, ctypes.c_size_t
EXIT = 2**31 - 1
HOOKS = "readable", "writable", "read", "write", "connect", "expt", "accept", "accepted", "close", "error"

NOTHING = object()
ESTABLISHED, CLOSED, CLOSE_WAIT = 1, 7, 8


def tcp_info(fd):
    with socket.socket(fileno=os.dup(fd)) as twin:
        info = twin.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136)
    return info[0], struct.unpack_from("=Q", info, 128)[0]  # state, bytes received


def is_empty(fd):
    """Short of memory for TCP, the kernel takes the place of an urgent byte for something to read;
    reading would skip it. So there is nothing, and a read event was none."""
    if tcp_info(fd)[0] != ESTABLISHED:
        return False
    with socket.socket(fileno=os.dup(fd)) as twin:
        try:
            twin.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
    return False


class Brain:
    """What a dispatcher does in its hooks: the same for both. hooks: those it has; others are defaults."""

    def __init__(self, hooks, results):
        self.hooks, self.trace, self.over, self.out, self.sent = hooks, [], False, b"", 0
        self.results = {name: collections.deque(those) for name, those in results.items()}
        self.answers = {"readable": True, "writable": True}
        self.closes_on_error = True

    def hook(self, name, *facts):
        if self.over:
            return 0
        self.trace.append((name, *facts, self.connected()))
        if name in self.answers:
            return self.answers[name] or (name == "writable" and bool(self.out))
        if getattr(self, "on_" + name, lambda: None)() is NOTHING:
            self.trace.pop()
            return 0
        left = self.results.get(name)
        return left.popleft() if left else 0

    def on_read(self):
        if is_empty(self.fileno()):
            return NOTHING
        data = self.recv(100)
        if not self.over:
            self.trace.append(("got", data))
        return None

    def on_write(self):
        if self.out:
            self.out = self.out[self.send(self.out):]

    def on_expt(self):
        with socket.socket(fileno=os.dup(self.fileno())) as twin:
            try:
                self.trace.append(("urgent", twin.recv(1, socket.MSG_OOB)))
            except OSError as why:  # reading has passed it
                self.trace.append(("urgent", why.errno))

    def on_close(self):
        self.over = True
        self.close()

    def on_error(self):
        if self.closes_on_error:
            self.on_close()

    def log(self, kind, message):
        """The default of handle_error tells of Python's stack."""
        self.over = self.over or message == "unhandled close event"
        self.trace.append(("log", kind, message if kind == "warning" else ""))


# --- Python's ----------------------------------------------------------------------------------

class UrgentToWriters:
    """In the place of asyncore.select: poll2 asks for urgent data as asyncore.poll does, for who only writes, too."""

    class poll:
        def __init__(self):
            self.set = select.poll()
            self.poll = self.set.poll

        def register(self, fd, flags):
            self.set.register(fd, flags | select.POLLPRI)

    def __getattr__(self, name):
        return getattr(select, name)


if asyncore:
    asyncore.select = UrgentToWriters()


def raising(result):
    if result == EXIT:
        raise asyncore.ExitNow
    if result < 0:
        raise OSError(-result, os.strerror(-result))


def member(brain, name):
    def hook(self, *args):
        for one in args[:1]:  # handle_accepted's
            one.close()
        if name == "error":
            return raising(brain.hook(name, asyncore.sys.exc_info()[1].errno))
        result = brain.hook(name)
        return result if name in brain.answers else raising(result)
    return hook


def theirs(start, brain):
    members = {name if name in brain.answers else f"handle_{name}": member(brain, name) for name in brain.hooks}
    members["log_info"] = lambda self, message, type="info": brain.over or brain.log(type, message)
    everybody = {}
    d = type("D", (asyncore.dispatcher,), members)(None if isinstance(start, tuple) else start, everybody)
    brain.recv, brain.send, brain.close = d.recv, d.send, d.close
    brain.connected, brain.fileno = lambda: d.connected, lambda: d.socket.fileno()
    if isinstance(start, tuple):
        d.create_socket()
        d.bind(("127.0.0.1", 0)) if start[1] == 0 else None
        d.listen(5) if start[1] == 0 else d.connect(start)

    def turn():
        try:
            asyncore.poll2(0, everybody)
        except asyncore.ExitNow:
            brain.trace.append(("exit",))
    return turn, d.close


# --- ours --------------------------------------------------------------------------------------

ASK = ctypes.CFUNCTYPE(ctypes.c_bool, HANDLE)
HOOK = ctypes.CFUNCTYPE(ctypes.c_int, HANDLE)
ACCEPTED = ctypes.CFUNCTYPE(ctypes.c_int, HANDLE, HANDLE, HANDLE)
ERROR = ctypes.CFUNCTYPE(ctypes.c_int, HANDLE, ctypes.c_int)
LOG = ctypes.CFUNCTYPE(None, HANDLE, ctypes.c_char_p, ctypes.c_char_p)
KINDS = {"readable": ASK, "writable": ASK, "accepted": ACCEPTED, "error": ERROR}


class Ops(ctypes.Structure):
    _fields_ = [("size", SIZE)] + [(name, KINDS.get(name, HOOK)) for name in (
        "readable", "writable", "read", "write", "connect", "expt", "accept", "accepted", "close", "error")] + [
        ("log", LOG), ("freed", HANDLE)]


class Addr(ctypes.Structure):
    _fields_ = [("storage", ctypes.c_uint64 * 16), ("len", ctypes.c_uint32)]


lib.plug_dispatcher_recv.restype = lib.plug_dispatcher_send.restype = ctypes.c_ssize_t
lib.plug_dispatcher_connected.restype = ctypes.c_bool


def ok(result):
    assert result >= 0, result
    return result


def ours(start, brain):
    m, d, s, addr = HANDLE(), HANDLE(), HANDLE(), Addr()
    ops = Ops(ctypes.sizeof(Ops))

    def accepted(_, conn, peer):
        lib.plug_sock_close(HANDLE(conn))
        return brain.hook("accepted")
    for name in brain.hooks:
        hook = {"accepted": accepted, "error": lambda _, error: brain.hook("error", -error)}.get(
            name, lambda _, name=name: brain.hook(name))
        setattr(ops, name, KINDS.get(name, HOOK)(hook))
    ops.log = LOG(lambda _, kind, message: None if brain.over else brain.log(kind.decode(), message.decode()))
    brain.kept = ops  # C borrows it
    ok(lib.plug_dispatcher_map_open(ctypes.byref(m), chance.randrange(1, 4)))
    ok(lib.plug_dispatcher_open(ctypes.byref(d), m, ctypes.byref(ops), None))

    def recv(size):
        room = ctypes.create_string_buffer(size)
        got = ok(lib.plug_dispatcher_recv(d, room, SIZE(size)))
        return room.raw[:got]
    brain.recv, brain.send = recv, lambda data: ok(lib.plug_dispatcher_send(d, data, SIZE(len(data))))
    brain.close, brain.fileno = lambda: lib.plug_dispatcher_close(d), lambda: lib.plug_dispatcher_fd(d)
    brain.connected = lambda: lib.plug_dispatcher_connected(d)
    if isinstance(start, tuple):
        ok(lib.plug_addr_parse(f"{start[0]}:{start[1]}".encode(), ctypes.byref(addr)))
        ok(lib.plug_dispatcher_create(d, socket.AF_INET, socket.SOCK_STREAM))
        if start[1] == 0:
            ok(lib.plug_dispatcher_bind(d, ctypes.byref(addr)))
            ok(lib.plug_dispatcher_listen(d, 5))
        else:
            ok(lib.plug_dispatcher_connect(d, ctypes.byref(addr)))
    else:
        ok(lib.plug_sock_adopt(ctypes.byref(s), start.detach(), -1, -1, -1))
        ok(lib.plug_dispatcher_set_sock(d, s))

    def turn():
        if ok(lib.plug_dispatcher_poll(m, ctypes.c_int64(0))) == EXIT:
            brain.trace.append(("exit",))
    return turn, lambda: lib.plug_dispatcher_map_close(m)


# --- plays -------------------------------------------------------------------------------------

def some_hooks(*always):
    return [name for name in HOOKS if name in always or chance.random() < 0.8]


def some_results(*names):
    return {name: [chance.choice([0, 0, 0, -errno.EIO, -errno.ECONNRESET, -errno.EPIPE, EXIT])
                   for _ in range(6)] for name in names}


def turns(turn, brain, count=3):
    for _ in range(count):
        brain.trace.append(("turn",))
        turn()


def arrives(fd, sent, wanted):
    """Waits until the kernel has handed on what was sent: the two ends of a connection are two turns of its own."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        state, received = tcp_info(fd)
        if state == wanted and received >= sent:
            return
        time.sleep(0.0002)
    raise TimeoutError(f"{sent} bytes have not come")


def peer(brain, client, name, value):
    """What the other side does."""
    state = ESTABLISHED
    if name in ("send", "urgent"):
        brain.sent += client.send(value, socket.MSG_OOB if name == "urgent" else 0)
    elif name == "half":
        client.shutdown(socket.SHUT_WR)
        state = CLOSE_WAIT
    elif name == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        state = CLOSED
    arrives(brain.fileno(), brain.sent, state)


def serve(make, hooks, results, steps):
    """A connection that was accepted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        served, _ = listener.accept()
    brain = Brain(hooks, results)
    turn, end = make(served, brain)
    with client:
        for name, value in steps:
            if brain.over:
                break
            if name == "answers":
                brain.answers.update(value)
            elif name == "out":
                brain.out += value
            elif name != "turns":
                peer(brain, client, name, value)
            turns(turn, brain)
        back = b""
        if brain.over and client.fileno() >= 0:
            client.settimeout(5)
            try:
                while data := client.recv(4096):
                    back += data
            except OSError:
                back += b" reset"
        end()
    return brain.trace, back


def a_connection():
    """A reset comes when all has been read, or asyncore would not read what had come before it."""
    urgent = chance.random() < 0.3
    steps = []
    for _ in range(chance.randrange(1, 9)):
        steps.append(chance.choice([
            ("send", b"some" * chance.randrange(1, 20)), ("out", b"answer"), ("turns", None),
            ("urgent", chance.choice([b"y", b"xy"])) if urgent else ("turns", None),
            ("answers", {"readable": chance.random() < 0.7, "writable": chance.random() < 0.5})]))
    end = chance.choice(["half", "reset", "turns"])
    readable = end == "half" or chance.random() < 0.7
    steps += [("answers", {"readable": True}), ("answers", {"readable": readable}), (end, None)]
    return some_hooks("read", "expt"), some_results("write") if urgent else some_results("read", "write"), steps


def dial(make, hooks, results, listens):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if listens:
            listener.listen()
        brain = Brain(hooks, results)
        turn, end = make(listener.getsockname(), brain)
        select.select([], [brain.fileno()], [], 10)
        turns(turn, brain, 5)
        end()
    return brain.trace


def a_dial():
    return some_hooks("read", "writable"), some_results("connect", "write"), chance.random() < 0.7


def listen(make, hooks, results, answer):
    brain = Brain(hooks, results)
    turn, end = make(("127.0.0.1", 0), brain)
    brain.answers["writable"] = answer
    with socket.socket(fileno=os.dup(brain.fileno())) as twin:
        at = twin.getsockname()
    for _ in range(4):
        if not brain.over:
            with socket.create_connection(at):
                select.select([brain.fileno()], [], [], 10)
                turns(turn, brain, 2)
    end()
    return brain.trace


def a_listener():
    return [h for h in some_hooks() if h != "accept"], some_results("accepted"), chance.random() < 0.5


def plays(play, make_up, *wanted):
    if asyncore is None:
        raise Skip("this python has no asyncore")
    seen = collections.Counter()
    for number in range(PLAYS):
        made_up = make_up()
        a, b = play(ours, *made_up), play(theirs, *made_up)
        assert a == b, f"play {number}: {made_up!r}\nours   {a!r}\ntheirs {b!r}"
        seen.update(what[0] for what in (a[0] if isinstance(a, tuple) else a))
    print(f"# PLUG_SEED={seed}, {PLAYS} plays:", ", ".join(f"{k}: {n}" for k, n in seen.most_common()))
    assert all(seen[name] for name in wanted)


def connections_have_the_same_hooks():
    plays(serve, a_connection, "readable", "writable", "read", "write", "urgent", "close", "error", "exit", "log")


def dials_have_the_same_hooks():
    plays(dial, a_dial, "connect", "write", "error", "close", "exit", "log")


def listeners_have_the_same_hooks():
    plays(listen, a_listener, "readable", "writable", "accepted", "error", "close", "exit", "log")


run(connections_have_the_same_hooks, dials_have_the_same_hooks, listeners_have_the_same_hooks)
