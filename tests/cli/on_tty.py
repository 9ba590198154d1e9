#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command on a terminal of its own: on_tty.py COLUMNS STREAMS COMMAND...

STREAMS names the descriptors on the terminal, "12" or "012"; what it shows goes to stdout. With 0
among them, our stdin is typed, then Ctrl-D."""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading

columns, streams, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
mode = termios.tcgetattr(slave)
mode[1] &= ~termios.OPOST
mode[3] &= ~termios.ECHO
termios.tcsetattr(slave, termios.TCSANOW, mode)
stream = {n: slave if str(n) in streams else None for n in range(3)}
process = subprocess.Popen(command, stdin=stream[0] or subprocess.DEVNULL, stdout=stream[1],
                           stderr=stream[2])
os.close(slave)


def type_in():
    os.write(master, sys.stdin.buffer.read() + b"\x04")


if stream[0]:
    threading.Thread(target=type_in, daemon=True).start()
while True:
    try:
        data = os.read(master, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
sys.stdout.flush()
sys.exit(process.wait() % 256)
