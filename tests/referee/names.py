# SPDX-License-Identifier: MIT
"""Constants, services, protocols and interfaces beside Python's socket and select modules."""
import ctypes
import re
import select
import socket

from libplug import Skip, chance, lib, run, same


def every_constant_of_python_is_here():
    names = {n: int(getattr(m, n)) for m in (socket, select) for n in dir(m)
             if re.match(r"[A-Z][A-Z0-9_]*$", n) and isinstance(getattr(m, n), int)}
    assert len(names) > 300, len(names)
    for name in ("EAGAIN", "EBADF", "EWOULDBLOCK"):  # plug_err_value knows these
        same(-lib.plug_err_value(name.encode()), names.pop(name), name)
    missing = []
    for name, theirs in names.items():
        value = ctypes.c_int64()
        if lib.plug_constant_value(name.encode(), ctypes.byref(value)) != 0:
            missing.append(name)
        else:
            same(value.value, theirs, name)
    assert not missing, missing


def later_pythons_have_these_too():
    """The names that 3.12 and 3.13 added on Linux."""
    for name in """ETHERTYPE_ARP ETHERTYPE_IP ETHERTYPE_IPV6 ETHERTYPE_VLAN ETH_P_ALL IP_ADD_SOURCE_MEMBERSHIP
            IP_BLOCK_SOURCE IP_DROP_SOURCE_MEMBERSHIP IP_PKTINFO IP_UNBLOCK_SOURCE NI_IDN SO_BINDTOIFINDEX
            TCP_CC_INFO TCP_FASTOPEN_CONNECT TCP_FASTOPEN_KEY TCP_FASTOPEN_NO_COOKIE TCP_INQ TCP_MD5SIG
            TCP_MD5SIG_EXT TCP_QUEUE_SEQ TCP_REPAIR TCP_REPAIR_OPTIONS TCP_REPAIR_QUEUE TCP_REPAIR_WINDOW
            TCP_SAVED_SYN TCP_SAVE_SYN TCP_THIN_DUPACK TCP_THIN_LINEAR_TIMEOUTS TCP_TIMESTAMP TCP_TX_DELAY
            TCP_ULP TCP_ZEROCOPY_RECEIVE""".split():
        value = ctypes.c_int64()
        same(lib.plug_constant_value(name.encode(), ctypes.byref(value)), 0, name)


def names_of_enumerations_are_pythons():
    """Where Python has one name for a number, ours is that one or its canonical sibling."""
    ours_instead = {"AF_ROUTE": "AF_NETLINK", "AF_LOCAL": "AF_UNIX"}
    for prefix, enum in ("AF_", socket.AddressFamily), ("SOCK_", socket.SocketKind), ("AI_", socket.AddressInfo):
        for member in enum:
            if member.name in ("SOCK_NONBLOCK", "SOCK_CLOEXEC"):
                continue
            ours = lib.plug_constant_name(prefix.encode(), int(member)).decode()
            same(ours, ours_instead.get(member.name, member.name), member)


def ask(fn, *args):
    try:
        return fn(*args)
    except (OSError, OverflowError):
        return None


def services_are_those_of_socket():
    try:
        lines = open("/etc/services", encoding="latin-1").read().split("\n")
    except FileNotFoundError:
        raise Skip("no /etc/services")
    asked = [re.split(r"[\s/]+", line.split("#")[0].strip()) for line in lines]
    for words in [w for w in asked if len(w) >= 3]:
        for name in [words[0], *words[3:]]:
            for proto in words[2], None:
                ours = lib.plug_service_port(name.encode(), proto and proto.encode())
                same(ours, socket.getservbyname(name, *[proto] if proto else []), (name, proto))
    for port in [*(int(w[1]) for w in asked if len(w) >= 3), *(chance.randrange(65536) for _ in range(500))]:
        for proto in "tcp", "udp":
            out = ctypes.create_string_buffer(256)
            n = lib.plug_service_name(port, proto.encode(), out, 256)
            theirs = ask(socket.getservbyport, port, proto)
            if theirs is not None:  # else the table inside plug may know it
                same(out.value.decode() if n >= 0 else None, theirs, (port, proto))


def protocols_are_those_of_socket():
    for name in "ip icmp ICMP igmp tcp TCP udp ipv6 gre esp ah ipv6-icmp IPv6-ICMP pim sctp udplite mptcp".split():
        theirs = ask(socket.getprotobyname, name)
        if theirs is not None:
            same(lib.plug_protocol_number(name.encode()), theirs, name)


def interfaces_are_those_of_socket():
    for index, name in socket.if_nameindex():
        same(lib.plug_iface_index(name.encode()), index, name)
        out = ctypes.create_string_buffer(16)
        same(lib.plug_iface_name(index, out, 16), len(name), name)
        same(out.value.decode(), name, index)


run(every_constant_of_python_is_here, later_pythons_have_these_too, names_of_enumerations_are_pythons,
    services_are_those_of_socket, protocols_are_those_of_socket, interfaces_are_those_of_socket)
