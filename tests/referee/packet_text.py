# SPDX-License-Identifier: MIT
"""The text form of packets beside scapy and tshark: what is built from a text is what scapy builds, field by field;
of mutated bytes tshark sees the same layers, and finds them malformed when we do."""
import collections
import ctypes
import importlib
import os
import shutil
import struct
import subprocess
import tempfile

from libplug import Skip, chance, lib, run, same

PACKETS = 10000
MUTATED = 12000
MAX, LAYERS = 65575, 32
ETHER, IP4, IP6 = 1, 4, 5
NAMES = ["", "eth", "vlan", "arp", "ip", "ip6", "hopopt", "routing", "fragment", "dstopt", "tcp", "udp", "icmp", "icmp6",
         "icmpext", "data", "pad"]
size = ctypes.c_size_t


class Layer(ctypes.Structure):
    _fields_ = [("proto", ctypes.c_int), ("offset", size), ("len", size), ("end", size), ("partial", ctypes.c_bool)]


class Packet(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_void_p), ("len", size), ("count", ctypes.c_uint), ("layers", Layer * LAYERS),
                ("error", ctypes.c_int), ("error_at", size), ("error_what", ctypes.c_char * 160)]


class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("label", ctypes.c_char_p), ("kind", ctypes.c_int), ("bit", size),
                ("bits", size), ("number", ctypes.c_uint64), ("bytes", ctypes.c_void_p), ("len", size),
                ("verdict", ctypes.c_int), ("expected", ctypes.c_uint64), ("packet", ctypes.c_void_p),
                ("row", ctypes.c_void_p), ("layer", ctypes.c_uint)]


class Error(ctypes.Structure):
    _fields_ = [("column", size), ("what", ctypes.c_char * 160)]


lib.plug_packet_build.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, size, ctypes.POINTER(Error)]
lib.plug_packet_build.restype = ctypes.c_ssize_t
lib.plug_packet_parse.argtypes = [ctypes.c_int, ctypes.c_char_p, size, ctypes.POINTER(Packet)]
lib.plug_packet_field_find.argtypes = [ctypes.POINTER(Packet), ctypes.c_uint, ctypes.c_char_p, ctypes.POINTER(Field)]
lib.plug_packet_field_find.restype = ctypes.c_bool
room = ctypes.create_string_buffer(MAX)


def build(spec):
    error = Error()
    n = lib.plug_packet_build(spec.encode(), None, room, MAX, error)
    assert n >= 0, (spec, error.column, error.what)
    return room.raw[:n]


def parse(first, data):
    p = Packet()
    same(lib.plug_packet_parse(first, data, len(data), p), 0, "parse")
    return p


# --- random packets, as a text and as scapy's ------------------------------------------------------

def rand(bits):
    return chance.getrandbits(bits)


def address4():
    return "%d.%d.%d.%d" % (10, rand(8), rand(8), rand(8))


def address6():
    return "2001:db8::%x" % (1 + rand(15))


def mac():
    return "02:%02x:%02x:%02x:%02x:%02x" % tuple(rand(8) for _ in range(5))


def maybe(wanted):
    """Each of the fields with some chance: (name in the text, name in scapy, value)."""
    return [f for f in wanted if chance.random() < 0.6]


def layer(name, cls, wanted, **also):
    """The text and scapy's object of a layer with these fields."""
    text = ",".join(f"{n}={v}" for n, _, v in wanted)
    return (f"{name}({text})" if text or rand(1) else name), cls(**{k: v for _, k, v in wanted}, **also)


def tcp_options():
    text, theirs = [], []
    for kind in chance.sample(["mss", "wscale", "sackok", "ts", "nop", "sack"], chance.randrange(5)):
        if kind == "mss":
            v = rand(16)
            text, theirs = text + [f"mss={v}"], theirs + [("MSS", v)]
        elif kind == "wscale":
            v = rand(8)
            text, theirs = text + [f"wscale={v}"], theirs + [("WScale", v)]
        elif kind == "sackok":
            text, theirs = text + ["sackok"], theirs + [("SAckOK", b"")]
        elif kind == "ts":
            a, b = rand(32), rand(32)
            text, theirs = text + [f"ts={a}:{b}"], theirs + [("Timestamp", (a, b))]
        elif kind == "sack":
            a, b = rand(32), rand(32)
            text, theirs = text + [f"sack={a}-{b}"], theirs + [("SAck", (a, b))]
        else:
            text, theirs = text + ["nop"], theirs + [("NOP", None)]
    return text, theirs


def transport(s, four):
    kind = chance.choice(["tcp", "udp", "icmp", "none"])
    sport, dport = rand(16), chance.choice([80, 53, 443, rand(16)])
    if kind == "tcp":
        flags = "".join(chance.sample("FSRPAUECN", chance.randrange(1, 5)))
        text, theirs = tcp_options()
        fields = [("sport", "sport", sport), ("dport", "dport", dport), ("flags", "flags", flags)]
        fields += maybe([("seq", "seq", rand(32)), ("ack", "ack", rand(32)), ("reserved", "reserved", rand(3)),
                         ("dataofs", "dataofs", rand(4)), ("window", "window", rand(16)),
                         ("checksum", "chksum", rand(16)), ("urgent", "urgptr", rand(16))])
        t, o = layer("tcp", s.TCP, fields, options=theirs)
        if text:
            t = t[:-1] + ",options=[" + ",".join(text) + "])"
        return t, o
    if kind == "udp":
        return layer("udp", s.UDP, [("sport", "sport", sport), ("dport", "dport", dport)] +
                     maybe([("checksum", "chksum", rand(16))]))
    if kind == "none":
        return None, None
    if four:
        return layer("icmp", s.ICMP, [("type", "type", chance.choice([0, 8])), ("id", "id", rand(16)),
                                      ("seq", "seq", rand(16))] + maybe([("code", "code", rand(8))]))
    kind, cls = chance.choice([(128, s.ICMPv6EchoRequest), (129, s.ICMPv6EchoReply)])
    t, o = layer("icmp6", cls, [("id", "id", rand(16)), ("seq", "seq", rand(16))])
    return t.replace("(", f"(type={kind},", 1), o


def network(s):
    if rand(1):
        fields = [("src", "src", address4()), ("dst", "dst", address4()), ("proto", "proto", None)]
        fields = fields[:2] + maybe([("ttl", "ttl", rand(8)), ("id", "id", rand(16)), ("tos", "tos", rand(8)),
                                     ("flags", "flags", rand(1) << 1), ("checksum", "chksum", rand(16)),
                                     ("frag", "frag", 0), ("version", "version", rand(4))])
        return layer("ip", s.IP, fields) + (True,)
    fields = [("src", "src", address6()), ("dst", "dst", address6())]
    fields += maybe([("hlim", "hlim", rand(8)), ("tc", "tc", rand(8)), ("flow", "fl", rand(20)),
                     ("version", "version", rand(4))])
    return layer("ip6", s.IPv6, fields) + (False,)


def random_packet(s):
    link = chance.choice(["", "eth", "eth", "vlan"])
    texts, theirs = [], []
    if link:
        t, o = layer("eth", s.Ether, [("dst", "dst", mac()), ("src", "src", mac())])
        texts, theirs = [t], [o]
    if link == "vlan":
        t, o = layer("vlan", s.Dot1Q, [("prio", "prio", rand(3)), ("dei", "id", rand(1)), ("id", "vlan", rand(12))])
        texts, theirs = texts + [t], theirs + [o]
    if link and rand(3) == 0:
        t, o = layer("arp", s.ARP, [("op", "op", 1 + rand(1)), ("hwsrc", "hwsrc", mac()), ("psrc", "psrc", address4()),
                                    ("hwdst", "hwdst", mac()), ("pdst", "pdst", address4())])
        return texts + [t], theirs + [o]
    t, o, four = network(s)
    texts, theirs = texts + [t], theirs + [o]
    t, o = transport(s, four)
    payload = bytes(rand(8) for _ in range(chance.randrange(40)))
    if t is None:  # scapy's next protocol of payload is another one: say it
        theirs[-1].setfieldval("proto" if four else "nh", 253)
        texts[-1] = texts[-1][:-1] + f",{'proto' if four else 'nh'}=253)" if "(" in texts[-1] else "?"
    else:
        texts, theirs = texts + [t], theirs + [o]
    if payload:
        texts, theirs = texts + ["hex:" + payload.hex()], theirs + [s.Raw(payload)]
    return texts, theirs


# --- scapy ----------------------------------------------------------------------------------------

def scapy():
    try:
        importlib.import_module("scapy.config").conf.verb = 0
        importlib.import_module("scapy.layers.inet6")
        return importlib.import_module("scapy.all")
    except ImportError:
        raise Skip("scapy is not installed")


# Scapy's names that mean something else with us.
RENAMED = {("vlan", "id"): "dei", ("vlan", "vlan"): "id"}


def fields_agree(p, theirs, spec):
    """Every field of scapy's layers that holds a number, an address or flags."""
    count = 0
    for i in range(p.count):
        name = NAMES[p.layers[i].proto]
        if name in ("data", "pad"):
            break
        for d in theirs.fields_desc:
            f = Field()
            known = RENAMED.get((name, d.name), d.name)
            value = theirs.getfieldval(d.name)
            if d.name in ("options", "data") or not lib.plug_packet_field_find(p, i, known.encode(), f):
                continue
            raw = ctypes.string_at(f.bytes, f.len)
            if isinstance(value, str):
                ours = ":".join("%02x" % b for b in raw) if ":" in value and f.bits == 48 else raw
                value = value if ours is not raw else importlib.import_module("socket").inet_pton(
                    10 if ":" in value else 2, value)
            else:
                ours, value = f.number, int(value)
            if (name, d.name) == ("tcp", "reserved"):
                value &= 7
            same(ours, value, f"{spec}: {name}.{known}")
            count += 1
        theirs = theirs.payload
    return count


def scapy_builds_the_same_from_a_text():
    s = scapy()
    compared = 0
    for _ in range(PACKETS):
        texts, theirs = random_packet(s)
        spec = "/".join(texts)
        whole = theirs[0]
        for o in theirs[1:]:
            whole = whole / o
        want, got = bytes(whole), build(spec)
        same(got.hex(), want.hex(), spec)
        first = NAMES.index(texts[0].split("(")[0])
        if not {"version", "dataofs"} & set(spec.replace("(", ",").replace("=", ",").split(",")):
            compared += fields_agree(parse(first, got), type(theirs[0])(want), spec)
    print(f"# {PACKETS} packets, {compared} fields")
    assert compared > 10 * PACKETS / 2


# --- tshark ---------------------------------------------------------------------------------------
# Compared are the layers from the outermost to the first payload or ICMP message:
#   layers   as far as both go they are the same; where we find nothing malformed both go equally far
#   verdict  we find something malformed exactly when tshark shows one of FLAGS, or calls anything malformed
# Left out: protocols that we take for payload and tshark dissects (other EtherTypes and IP protocols, IPv6's extension
# headers behind IPv4, what an IPv6 payload length of 0 counts as padding), and the verdict about options and ICMP messages,
# whose contents tshark judges by their kinds.

FLAGS = ["_ws.malformed", "_ws.short", "ip.bogus_ip_version", "ip.bogus_header_length", "ip.bogus_ip_length",
         "ipv6.bogus_ipv6_version", "ipv6.plen_exceeds_framing", "tcp.bogus_header_length", "udp.length.bad",
         "udp.length.bad_zero", "tcp.short_segment"]
EXTENSIONS = {"hopopt", "routing", "fragment", "dstopt"}
THEIRS = {"eth": "eth", "vlan": "vlan", "arp": "arp", "ip": "ip", "ipv6": "ip6", "ipv6.hopopts": "hopopt",
          "ipv6.routing": "routing", "ipv6.fraghdr": "fragment", "ipv6.dstopts": "dstopt", "tcp": "tcp", "udp": "udp",
          "icmp": "icmp", "icmpv6": "icmp6"}


def tshark(frames):
    if not shutil.which("tshark"):
        raise Skip("tshark is not installed")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "frames.pcap")
        with open(path, "wb") as f:
            f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for i, frame in enumerate(frames):
                f.write(struct.pack("=IIII", i, 0, len(frame), len(frame)) + frame)
        known = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True).stdout
        flags = [f for f in FLAGS if f"\t{f}\t" in known]
        command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
        for ports in "tcp.port", "udp.port":
            command += ["-d", ports + "==0-65535,data"]
        for setting in ("ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
                        "tcp.analyze_sequence_numbers:FALSE", "ip.tso_support:FALSE"):
            command += ["-o", setting]
        for field in ["frame.protocols"] + flags:
            command += ["-e", field]
        env = dict(os.environ, HOME=directory, XDG_CONFIG_HOME=directory)
        r = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)
    assert r.returncode == 0, r.stderr
    lines = r.stdout.split("\n")[:-1]
    same(len(lines), len(frames), "frames that tshark read")
    for line in lines:
        values = line.split("\t")
        yield [THEIRS[n] for n in values[0].split(":") if n in THEIRS], {
            n for n, v in zip(flags, values[1:]) if v}


def outermost(names):
    """Up to and with the first ICMP message."""
    out = []
    for n in names:
        if n in ("data", "pad"):
            break
        out.append(n)
        if n in ("icmp", "icmp6"):
            break
    return out


BASES = [
    "eth/ip(dst=10.0.0.1)/tcp(options=[mss=1460,sackok,ts=1:0,wscale=7])/hex:00*9",
    "eth/ip(dst=10.0.0.1)/udp(dport=9999)/hex:00*9", "eth/vlan(id=7)/ip6(dst=2001:db8::1)/udp(dport=9999)/hex:00*5",
    "eth/ip6(dst=2001:db8::1)/tcp/hex:00*5", "eth/ip(dst=10.0.0.1)/tcp/hex:00*5", "eth/ip(dst=10.0.0.1)/icmp/hex:00*9", "eth/ip6(dst=2001:db8::1)/icmp6/hex:00",
    "eth/ip6(dst=2001:db8::1)/hopopt(options=[router-alert=0])/dstopt/udp(dport=9999)/hex:00",
]


def mutate(data):
    b = bytearray(data)
    for _ in range(chance.randrange(3)):
        b[chance.randrange(12, len(b))] = chance.choice([rand(8), 0, 255, rand(4)])
    if rand(2) == 0:
        b = b[:chance.randrange(15, len(b) + 1)]
    return bytes(b)


def elsewhere(ours, theirs):
    """Does tshark go on with a protocol that is payload for us?"""
    return ours[-1:] in (["eth"], ["vlan"], ["ip"], ["ip6"]) or bool(EXTENSIONS & set(theirs) - set(ours))


def reads_on(p, ours):
    """Does tshark judge what is in an ICMP message, or in options of TCP?"""
    last = p.layers[len(ours) - 1].len if ours else 0
    return ours[-1:] in (["icmp"], ["icmp6"]) or (ours[-1:] == ["tcp"] and last > 20)


def tshark_sees_the_same_layers_in_mutated_bytes():
    frames = [mutate(build(chance.choice(BASES))) for _ in range(MUTATED)]
    seen = collections.Counter()
    for frame, (theirs, flags) in zip(frames, tshark(frames)):
        p = parse(ETHER, frame)
        ours = outermost([NAMES[p.layers[i].proto] for i in range(p.count)])
        theirs = outermost(theirs)
        what = f"{frame.hex()} {p.error_what} {flags}"
        both = min(len(ours), len(theirs))
        same(ours[:both], theirs[:both], what)
        seen["layers as far as both go"] += 1
        if not p.error and not elsewhere(ours, theirs):
            if not EXTENSIONS & set(ours) and not reads_on(p, ours):
                same(ours, theirs, what)
                same(bool(flags), False, what)
                seen["well-formed for both"] += 1
        elif p.error and not EXTENSIONS & (set(ours) | set(theirs)) and not reads_on(p, ours) and \
                b"ICMP" not in p.error_what and b"option" not in p.error_what:
            same(bool(flags), True, what)
            seen["malformed for both"] += 1
    print("# " + ", ".join(f"{k}: {n}" for k, n in sorted(seen.items())))
    assert seen["well-formed for both"] > MUTATED / 4 and seen["malformed for both"] > MUTATED / 10, seen


run(scapy_builds_the_same_from_a_text, tshark_sees_the_same_layers_in_mutated_bytes)
