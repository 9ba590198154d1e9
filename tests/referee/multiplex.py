# SPDX-License-Identifier: MIT
"""plug_select, plug_poll and plug_selector beside Python's select and selectors."""
import ctypes
import errno
import os
import select
import selectors
import socket

from libplug import chance, lib, run, same

NOWAIT = ctypes.c_int64(0)


class List(ctypes.Structure):
    _fields_ = [("fds", ctypes.POINTER(ctypes.c_int)), ("count", ctypes.c_size_t),
                ("ret_ready", ctypes.POINTER(ctypes.c_int)), ("ret_count", ctypes.c_size_t)]


class Event(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int), ("events", ctypes.c_uint), ("data", ctypes.c_void_p),
                ("id", ctypes.c_uint64)]


class Zoo:
    """Descriptors in every state there is: idle, readable, full, hung up, half closed, broken."""

    def __init__(self):
        self.keep = []
        for state in range(6):
            for _ in range(2):
                a, b = socket.socketpair()
                a.setblocking(False)
                self.keep += [a, b]
                if state == 1:
                    b.send(b"x")
                elif state == 2:
                    self.fill(a)
                elif state == 3:
                    b.shutdown(socket.SHUT_RDWR)
                elif state == 4:
                    b.shutdown(socket.SHUT_WR)
                elif state == 5:
                    self.fill(a)
                    b.shutdown(socket.SHUT_RDWR)
        for closed in 0, 1:
            ends = list(os.pipe())
            os.close(ends.pop(closed))
            self.keep.append(os.fdopen(ends[0], "wb" if closed == 0 else "rb", buffering=0))
        self.fds = [s.fileno() for s in self.keep]

    @staticmethod
    def fill(s):
        try:
            while s.send(bytes(4096)):
                pass
        except BlockingIOError:
            pass

    def close(self):
        for s in self.keep:
            s.close()


def ours_select(*lists):
    made = []
    for fds in lists:
        array = (ctypes.c_int * len(fds))(*fds)
        made.append(List(array, len(fds), (ctypes.c_int * len(fds))(), 0))
    rc = lib.plug_select(*[ctypes.byref(m) for m in made], NOWAIT, None)
    if rc < 0:
        return rc
    return [list(m.ret_ready[:m.ret_count]) for m in made]


def select_answers_as_python_does():
    zoo = Zoo()
    for _ in range(300):
        lists = [chance.choices(zoo.fds, k=chance.randrange(12)) for _ in range(3)]
        same(ours_select(*lists), list(map(list, select.select(*lists, 0))), lists)
    zoo.close()
    same(ours_select([zoo.fds[0]], [], []), -errno.EBADF, "closed")


def poll_answers_as_python_does():
    zoo, ours, theirs = Zoo(), ctypes.c_void_p(), select.poll()
    assert lib.plug_poll_open(ctypes.byref(ours)) == 0
    closed = os.dup(zoo.fds[0])
    os.close(closed)
    for _ in range(300):
        fd, mask = chance.choice(zoo.fds + [closed]), chance.choice([0, 1, 2, 4, 5, 7, 0x2001])
        if chance.random() < 0.7:
            assert lib.plug_poll_set(ours, fd, mask) == 0
            theirs.register(fd, mask)
        else:
            try:
                theirs.unregister(fd)
                expected = 0
            except KeyError:
                expected = -errno.ENOENT
            same(lib.plug_poll_remove(ours, fd), expected, fd)
        events = (Event * 64)()
        n = lib.plug_poll_wait(ours, events, ctypes.c_size_t(64), NOWAIT)
        same({(e.fd, e.events) for e in events[:n]}, set(theirs.poll(0)), "poll")
    lib.plug_poll_close(ours)
    zoo.close()


def selectors_answer_as_python_does(backend, reference):
    zoo, ours, theirs = Zoo(), ctypes.c_void_p(), reference()
    assert lib.plug_selector_open(ctypes.byref(ours), backend) == 0
    for _ in range(300):
        fd, mask = chance.choice(zoo.fds), chance.randrange(1, 4)
        try:
            if chance.random() < 0.6:
                theirs.register(fd, mask)
            else:
                theirs.unregister(fd)
            known = False
        except KeyError:
            known = True
        registered = fd in theirs.get_map()
        if known and registered:
            same(lib.plug_selector_add(ours, fd, mask, None), -errno.EEXIST, fd)
        elif known:
            same(lib.plug_selector_del(ours, fd), -errno.ENOENT, fd)
        elif registered:
            same(lib.plug_selector_add(ours, fd, mask, None), 0, fd)
        else:
            same(lib.plug_selector_del(ours, fd), 0, fd)
        events = (Event * 64)()
        n = lib.plug_selector_wait(ours, events, ctypes.c_size_t(64), NOWAIT)
        same({(e.fd, e.events) for e in events[:n]}, {(k.fd, m) for k, m in theirs.select(0)}, "wait")
    lib.plug_selector_close(ours)
    theirs.close()
    zoo.close()


def epoll_selectors_answer_as_python_does():
    selectors_answer_as_python_does(1, selectors.EpollSelector)


def poll_selectors_answer_as_python_does():
    selectors_answer_as_python_does(2, selectors.PollSelector)


def select_selectors_answer_as_the_others_do():
    """Python's own differs here: it does not count a hang-up as writable."""
    selectors_answer_as_python_does(3, selectors.PollSelector)


def uring_selectors_answer_as_python_does():
    set_ = ctypes.c_void_p()
    if lib.plug_selector_open(ctypes.byref(set_), 4) == 0:
        lib.plug_selector_close(set_)
        selectors_answer_as_python_does(4, selectors.PollSelector)


run(select_answers_as_python_does, poll_answers_as_python_does, epoll_selectors_answer_as_python_does,
    poll_selectors_answer_as_python_does, select_selectors_answer_as_the_others_do,
    uring_selectors_answer_as_python_does)
