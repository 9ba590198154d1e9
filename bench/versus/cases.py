# SPDX-License-Identifier: MIT
"""Which servers race in which cases, and the bars that plug has to clear."""

# name: program and arguments; the last argument of all is the size of the handler's buffer
SERVERS = {
    "raw epoll": ["raw_epoll"],
    "raw io_uring": ["raw_uring"],
    "plug fiber, epoll": ["plug_server", "fiber", "epoll", "tcp"],
    "plug fiber, io_uring": ["plug_server", "fiber", "uring", "tcp"],
    "plug threads": ["plug_server", "thread", "epoll", "tcp"],
    "plug forks": ["plug_server", "fork", "epoll", "tcp"],
    "libuv try_write": ["uv_try"],
    "libuv guide": ["uv_guide"],
    "libev": ["libev"],
    "libevent": ["libevent"],
    "Go net": ["go_net"],
    "C threads": ["c_threads"],
    "C forks": ["c_forks"],
    "udp recvfrom": ["udp_plain"],
    "udp recvmmsg": ["udp_mmsg"],
    "udp GRO and GSO": ["udp_gro"],
    "udp libuv": ["udp_libuv"],
    "udp Go": ["udp_go"],
    "udp plug": ["plug_server", "fiber", "epoll", "udp"],
}
STREAM = [s for s in SERVERS if not s.startswith("udp ")]
UDP = [s for s in SERVERS if s.startswith("udp ")]
NO_PROCESSES = [s for s in STREAM if "forks" not in s]
FIBERS = [s for s in NO_PROCESSES if "threads" not in s]


def case(name, what, load, servers, buffer=2048, reference="raw epoll"):
    return {"name": name, "what": what, "load": load.split(), "servers": servers, "buffer": buffer,
            "reference": reference}


CASES = [
    case("echo-1", "one connection, 64 B", "load_echo --conns 1 --poll", STREAM),
    case("echo-64", "64 connections, 64 B", "load_echo --conns 64", STREAM),
    case("echo-1000", "1000 connections, 64 B", "load_echo --conns 1000", NO_PROCESSES),
    case("echo-5000", "5000 connections, 64 B", "load_echo --conns 5000", NO_PROCESSES),
    case("page-64", "64 connections, 4 KiB, handlers with 8 KiB", "load_echo --conns 64 --size 4096", STREAM, 8192),
    case("bulk-64", "64 connections, 64 KiB, two under way on each, handlers with 64 KiB",
         "load_echo --conns 64 --size 65536 --depth 2", STREAM, 65536),
    case("churn-64", "connect, echo 64 B, close; 64 at a time", "load_churn --conns 64", STREAM),
    case("idle-10000", "10,000 silent connections, handlers with 2 KiB", "load_idle --conns 10000", NO_PROCESSES),
    case("idle-19000", "19,000 silent connections, handlers with 2 KiB", "load_idle --conns 19000", FIBERS),
    case("udp-1", "1 socket, 64 B, 32 under way", "load_udp --conns 1 --depth 32", UDP, 2048, "udp recvfrom"),
    case("udp-16", "16 sockets, 64 B, 16 under way on each", "load_udp --conns 16 --depth 16", UDP, 2048,
         "udp recvfrom"),
    case("udp-trains", "4 sockets, 64 B, trains of 32 datagrams", "load_udp --conns 4 --depth 32 --train 32", UDP,
         2048, "udp recvfrom"),
]

EPOLL, URING = "plug fiber, epoll", "plug fiber, io_uring"

# case, server, figure, other server or None, at least (times as good) or None, at most (of the other's) or None
BARS = [
    ("echo-64", EPOLL, "us_per_op", "raw epoll", 0.98, None),
    ("echo-1000", EPOLL, "us_per_op", "raw epoll", 0.95, None),
    ("echo-5000", EPOLL, "us_per_op", "raw epoll", 0.95, None),
    ("echo-64", URING, "us_per_op", "raw epoll", 1.03, None),
    ("echo-1000", URING, "us_per_op", "raw epoll", 1.00, None),
    ("echo-5000", URING, "us_per_op", "raw epoll", 1.00, None),
    *((f"echo-{n}", s, "us_per_op", "Go net", 1.5, None) for n in (1000, 5000) for s in (EPOLL, URING)),
    *((f"echo-{n}", EPOLL, "us_per_op", s, 1.0, None) for n in (64, 1000, 5000) for s in ("libuv try_write", "libev")),
    *(("echo-1", s, figure, "raw epoll", None, 1.05) for s in (EPOLL, URING) for figure in ("p50_us", "p99_us")),
    *(("page-64", s, "us_per_op", "raw epoll", 0.97, None) for s in (EPOLL, URING)),
    *(("bulk-64", s, "us_per_op", "raw epoll", 0.95, None) for s in (EPOLL, URING)),
    ("churn-64", EPOLL, "us_per_op", "raw epoll", 0.97, None),
    ("churn-64", URING, "us_per_op", "raw epoll", None, 0.95),
    ("churn-64", "plug threads", "us_per_op", "raw epoll", 0.78, None),
    ("churn-64", "plug forks", "us_per_op", "raw epoll", 0.75, None),
    *((f"echo-{n}", "plug threads", "us_per_op", "C threads", 0.97, None) for n in (64, 1000)),
    ("echo-64", "plug forks", "us_per_op", "C forks", 0.97, None),
    *((f"idle-{n}", s, "rss_per_conn", None, None, 4.3 * 1024) for n in (10000, 19000) for s in (EPOLL, URING)),
    *((c, "udp plug", "us_per_op", "udp GRO and GSO", 0.95, None) for c in ("udp-1", "udp-16", "udp-trains")),
    *((c, "udp plug", "us_per_op", "udp recvfrom", 1.0, None) for c in ("udp-1", "udp-16")),
]
