# SPDX-License-Identifier: MIT
"""Addresses beside Python's ipaddress and socket modules."""
import ctypes
import ipaddress
import socket

from libplug import chance, lib, run, same

CASES = 100000


def pton(family, text):
    out = ctypes.create_string_buffer(16)
    if lib.plug_inet_pton(family, text.encode(), out, 16) != 0:
        return None
    return out.raw[: 4 if family == socket.AF_INET else 16]


def ntop(packed):
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    out = ctypes.create_string_buffer(64)
    assert lib.plug_inet_ntop(family, packed, len(packed), out, 64) > 0
    return out.value.decode()


def addr_of(packed):
    addr = ctypes.create_string_buffer(256)
    assert lib.plug_addr_parse_ip(ntop(packed).encode(), 0, 0, addr) == 0
    return addr


def random_packed():
    size = chance.choice((4, 16))
    if chance.random() < 0.5:
        return chance.randbytes(size)
    return bytes(chance.choice((0, 0, 0, 1, 0xFE, 0x80, 0xFF, 0x20, 0xFC, 10, 127)) for _ in range(size))


def packed_text_is_that_of_ipaddress():
    for _ in range(CASES):
        packed = random_packed()
        theirs = ipaddress.ip_address(packed)
        text = theirs.compressed
        if getattr(theirs, "ipv4_mapped", None):  # RFC 5952 5; ipaddress does so from 3.13 on
            text = "::ffff:" + str(theirs.ipv4_mapped)
        same(ntop(packed), text, packed.hex())


def text_is_taken_as_by_ipaddress():
    pieces = ["0", "1", "00", "ffff", "12345", ":", "::", ".", "255", "256", "1.2.3.4", "ABC", "g", ":0"]
    for _ in range(CASES):
        if chance.random() < 0.5:
            text = "".join(chance.choice(pieces) for _ in range(chance.randrange(12)))
        else:
            text = ipaddress.ip_address(random_packed()).exploded
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(["", ":", ".", "f", "0", "%"]) + text[at + chance.randrange(2):]
        if "%" in text:
            continue
        for family, parse in (socket.AF_INET, ipaddress.IPv4Address), (socket.AF_INET6, ipaddress.IPv6Address):
            try:
                theirs = parse(text).packed
            except ValueError:
                theirs = None
            same(pton(family, text), theirs, text)


def lenient_text_is_taken_as_by_socket():
    for _ in range(CASES):
        text = "".join(chance.choice("0123456789xa. ") for _ in range(chance.randrange(1, 16)))
        out = ctypes.create_string_buffer(4)
        ours = out.raw if lib.plug_inet_aton(text.encode(), out) == 0 else None
        try:
            theirs = socket.inet_aton(text)
        except OSError:
            theirs = None
        same(ours, theirs, text)


def classes_are_those_of_ipaddress():
    for _ in range(CASES):
        packed = random_packed()
        theirs = ipaddress.ip_address(packed)
        ours = lib.plug_addr_class_name(lib.plug_addr_class(addr_of(packed))).decode()
        same(ours == "loopback", theirs.is_loopback and not getattr(theirs, "ipv4_mapped", None), str(theirs))
        same(ours == "multicast", theirs.is_multicast and not getattr(theirs, "ipv4_mapped", None), str(theirs))
        same(ours == "unspecified", theirs.is_unspecified, str(theirs))
        same(ours == "link-local", theirs.is_link_local and not getattr(theirs, "ipv4_mapped", None), str(theirs))
        if ours in ("private", "unique-local", "documentation", "benchmarking") and packed[0] != 0x3F:
            assert theirs.is_private, theirs
        if theirs.version == 4 and theirs.is_private:
            assert ours not in ("multicast", "shared"), theirs


def scoped_text_is_taken_as_by_getaddrinfo():
    for scope in "lo", "1", "0", "4294967295", "4294967296", "nosuchif0", "", "1x":
        for base in "fe80::1", "ff02::1", "ff01::1", "2001:db8::1", "::1":
            text = f"{base}%{scope}"
            addr = ctypes.create_string_buffer(256)
            ours = lib.plug_addr_parse(text.encode(), addr) == 0
            try:
                info = socket.getaddrinfo(text, 0, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
                theirs = info[0][4][3]
            except (OSError, UnicodeError):
                theirs = None
            same(lib.plug_addr_scope(addr) & 0xFFFFFFFF if ours else None, theirs, text)


run(packed_text_is_that_of_ipaddress, text_is_taken_as_by_ipaddress, lenient_text_is_taken_as_by_socket,
    classes_are_those_of_ipaddress, scoped_text_is_taken_as_by_getaddrinfo)
