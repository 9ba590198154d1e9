# SPDX-License-Identifier: MIT
"""Which hook runs when, and on which side: our servers beside Python's socketserver, request by request."""
import os
import pathlib
import socket
import socketserver
import subprocess
import sys
import threading

from libplug import run, same

EXAMPLES = pathlib.Path(os.environ["PLUG"]).parent / "examples"
REQUESTS = [b"hello", b"fail", b"refused"]


def ask(port, text):
    """The answer of one client, up to the end."""
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        try:
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := s.recv(4096):
                answer += piece
            return answer
        except OSError:
            return b""


def sides(lines):
    """What the serving side did, and what the handlers' side did, in order."""
    split = [line.split() for line in lines]
    main = split[0][1]
    return ([name for name, where in split if where == main], [name for name, where in split if where != main])


# --- Python's ----------------------------------------------------------------------------------

def say(name):
    os.write(1, f"{name} {threading.get_native_id()}\n".encode())


class Handler(socketserver.BaseRequestHandler):
    def setup(self):
        say("setup")

    def handle(self):
        say("handle")
        while data := self.request.recv(4096):
            if data.startswith(b"fail"):
                raise ValueError
            self.request.sendall(data.upper())

    def finish(self):
        say("finish")


class Traced:
    count = 0

    def get_request(self):
        request = super().get_request()
        say("get_request")
        return request

    def verify_request(self, request, client_address):
        say("verify_request")
        Traced.count += 1
        return Traced.count != 3

    def handle_error(self, request, client_address):
        say("handle_error")


def traced(name):
    def hook(self, *args):
        say(name)
        return getattr(super(Traced, self), name)(*args)
    setattr(Traced, name, hook)


for hook_name in "process_request", "finish_request", "shutdown_request", "close_request":
    traced(hook_name)

PYTHON = {
    "serial": type("Serial", (Traced, socketserver.TCPServer), {}),
    "thread": type("Thread", (Traced, socketserver.ThreadingTCPServer), {"daemon_threads": False}),
    "fork": type("Fork", (Traced, socketserver.ForkingTCPServer), {}),
}


def serve(model):
    """In a process of its own: serves as many requests as there are."""
    with PYTHON[model](("127.0.0.1", 0), Handler) as server:
        os.write(2, f"listening on tcp://127.0.0.1:{server.server_address[1]}\n".encode())
        for _ in REQUESTS:
            server.handle_request()


# --- both --------------------------------------------------------------------------------------

def until_closed(pipe):
    """The lines of one request: threads of two at once would mix theirs."""
    lines = []
    while not lines or not lines[-1].startswith("close_request"):
        lines.append(pipe.readline())
    return lines


def trace(command, expected=None, paced=False):
    """
    The answers and the lines; a server that serves for ever is ended after as many as expected. Paced: the next
    request comes when the one before is closed.
    """
    with subprocess.Popen(["timeout", "30", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        port = int(p.stderr.readline().rsplit(":", 1)[1])
        answers, lines = [], []
        for text in REQUESTS:
            answers.append(ask(port, text))
            lines += until_closed(p.stdout) if paced else []
        lines += [p.stdout.readline() for _ in range((expected or 0) - len(lines))]
        if expected:
            p.terminate()
        out, _ = p.communicate()
    return answers, lines + out.splitlines()


def beside(model):
    paced = model == "thread"
    python = trace([sys.executable, __file__, model], None, paced)
    program = "forking_server" if model == "fork" else "threading_server"
    ours = trace([EXAMPLES / program, "tcp://127.0.0.1:0", model], len(python[1]), paced)
    same(ours[0], python[0], "answers")
    same(sides(ours[1]), sides(python[1]), f"hooks of the {model} model")


def hooks_of_the_serial_model():
    beside("serial")


def hooks_of_the_thread_model():
    beside("thread")


def hooks_of_the_fork_model():
    beside("fork")


def hooks_of_the_fiber_model():
    """All in one thread: the order is that of the serial model."""
    python = trace([sys.executable, __file__, "serial"])
    ours = trace([EXAMPLES / "threading_server", "tcp://127.0.0.1:0", "fiber"], len(python[1]))
    same(ours[0], python[0], "answers")
    same(sides(ours[1]), sides(python[1]), "hooks")


if len(sys.argv) > 1:
    serve(sys.argv[1])
else:
    run(hooks_of_the_serial_model, hooks_of_the_thread_model, hooks_of_the_fork_model, hooks_of_the_fiber_model)
