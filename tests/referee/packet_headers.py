# SPDX-License-Identifier: MIT
"""Headers of packets beside scapy and tshark: what we build they read and sum alike, and of what
was mutated they say the same."""
import ctypes
import importlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile

from libplug import Skip, chance, lib, run, same

PACKETS = 10000
MUTATED = 12000
SHORT, BAD = -7600, -7601
u8, u16, u32, size, ptr = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_size_t, ctypes.c_char_p


def layout(*fields):
    return type("Layout", (ctypes.Structure,), {"_fields_": [(n, t) for t, names in fields for n in names.split()]})


Ip4 = layout((u8, "version header_len tos ttl protocol flags"), (u16, "total_len id fragment checksum"),
             (u8 * 4, "src dst"), (ctypes.c_void_p, "options"), (size, "options_len"), (ctypes.c_uint, "given"))
Ip6 = layout((u8, "version traffic_class next_header hop_limit"), (u32, "flow_label"), (u16, "payload_len"),
             (u8 * 16, "src dst"), (ctypes.c_uint, "given"))
Ext = layout((u8, "kind next_header"), (u16, "header_len"), (ctypes.c_void_p, "data"), (size, "data_len"),
             (u8, "routing_type segments_left"), (ctypes.c_bool, "more_fragments"), (u16, "fragment"), (u32, "id"),
             (ctypes.c_uint, "given"))
Chain = layout((ctypes.c_void_p, "bytes"), (size, "len at"), (u8, "next_header"), (ctypes.c_bool, "middle"),
               (ctypes.c_uint, "count"))
Pseudo = layout((ctypes.c_int, "family"), (ctypes.c_void_p, "src dst"))
Tcp = layout((u16, "sport dport"), (u32, "seq ack"), (u8, "header_len reserved"),
             (u16, "flags window checksum urgent"), (ctypes.c_void_p, "options"), (size, "options_len"),
             (ctypes.c_uint, "given"))
Sack = layout((u32, "left right"))
TcpOptions = layout((ctypes.c_bool, "has_mss has_window_scale has_timestamps sack_permitted"), (u16, "mss"),
                    (u8, "window_scale"), (u32, "timestamp timestamp_echo"), (ctypes.c_uint, "sack_count"),
                    (Sack * 4, "sack"), (ctypes.c_uint, "unknown"))
Udp = layout((u16, "sport dport len checksum"), (ctypes.c_uint, "given"))
Icmp = layout((ctypes.c_int, "family"), (u8, "type code"), (u16, "checksum id seq"), (u32, "word"),
              (ctypes.c_void_p, "body"), (size, "body_len"), (ctypes.c_void_p, "objects"), (size, "objects_len"),
              (ctypes.c_uint, "given"))
IcmpExt = layout((u8, "class_num c_type"), (ctypes.c_void_p, "data"), (size, "len"))
Vlan = layout((u16, "tpid id"), (u8, "priority"), (ctypes.c_bool, "dei"))
Ether = layout((u8 * 6, "dst src"), (Vlan * 8, "vlan"), (ctypes.c_uint, "vlan_count"), (u16, "type"))
Arp = layout((u16, "link_type type"), (u8, "link_len len"), (u16, "op"),
             (ctypes.c_void_p, "sender_link sender target_link target"))

lib.plug_ip4_build.argtypes = lib.plug_ip6_build.argtypes = [ptr, size, ctypes.c_void_p, size]
for name in "plug_tcp_build", "plug_udp_build":
    getattr(lib, name).argtypes = [ptr, ptr, ctypes.c_void_p, size, ctypes.c_void_p, size]
for name in "plug_ip4_payload_len", "plug_ip6_payload_len", "plug_udp_payload_len":
    getattr(lib, name).argtypes = [ptr, size]
lib.plug_option_put.argtypes = [ctypes.c_void_p, size, size, u8, ptr, size]
lib.plug_ip6_option_put.argtypes = lib.plug_option_put.argtypes
lib.plug_option_pad.argtypes = [ctypes.c_void_p, size, size]
lib.plug_icmp_ext_put.argtypes = [ctypes.c_void_p, size, size, ptr]
lib.plug_icmp_build.argtypes = [ptr, ptr, ctypes.c_void_p, size]
lib.plug_ether_build.argtypes = lib.plug_arp_build.argtypes = [ptr, ctypes.c_void_p, size]
lib.plug_ip6_ext_build.argtypes = lib.plug_ether_build.argtypes
lib.plug_ip4_parse.argtypes = lib.plug_ip6_parse.argtypes = [ptr, size, ptr]
lib.plug_tcp_parse.argtypes = lib.plug_udp_parse.argtypes = lib.plug_ether_parse.argtypes = [ptr, size, ptr]
lib.plug_icmp_parse.argtypes = [ctypes.c_int, ptr, size, ptr]
lib.plug_ip4_verify.argtypes = [ptr, size, ptr]
for name in "plug_tcp_verify", "plug_udp_verify":
    getattr(lib, name).argtypes = [ptr, ptr, size, ptr]
lib.plug_icmp_verify.argtypes = [ctypes.c_int, ptr, ptr, size, ptr]
lib.plug_ip6_chain.argtypes = [ptr, ctypes.c_void_p, size, ptr]
lib.plug_ip6_chain_next.argtypes = [ptr, ptr]

room = ctypes.create_string_buffer(65536)


def ref(structure):
    return ctypes.cast(ctypes.byref(structure), ptr)


def keep(structure, member, data):
    """Lets a member borrow data, and keeps it alive as long as the structure."""
    kept = ctypes.create_string_buffer(data, len(data))
    structure.__dict__.setdefault("kept", []).append(kept)
    setattr(structure, member, ctypes.addressof(kept))


def built(n):
    assert n >= 0, n
    return room.raw[:n]


def rand(bits):
    return chance.getrandbits(bits)


def some(most):
    return chance.randbytes(chance.randrange(most + 1))


def options(put, kinds, most):
    at = 0
    buffer = ctypes.create_string_buffer(most)
    for _ in range(chance.randrange(4)):
        kind, data = chance.choice(kinds)
        n = put(buffer, most, at, kind, data, len(data))
        if n < 0:
            break
        at = n
    return buffer, at


IP4_OPTIONS = [(1, b""), (7, b"\x04" + b"\0" * 4), (0x94, b"\0\0"), (0x44, b"\x05\0" + b"\0" * 4)]
IP6_OPTIONS = [(0, b""), (1, b"\0\0"), (5, b"\0\0"), (0x1e, b"abc")]


# --- packets of ours: bytes, and what tshark must say of them --------------------------------------

def tcp_options():
    o = TcpOptions(has_mss=rand(1), has_window_scale=rand(1), has_timestamps=rand(1), sack_permitted=rand(1),
                   mss=rand(16), window_scale=rand(3), timestamp=rand(32), timestamp_echo=rand(32),
                   sack_count=chance.choice([0, 0, 1]))
    for s in o.sack:
        s.left, s.right = rand(32), rand(32)
    n = lib.plug_tcp_options_build(ref(o), room, size(40))
    buffer = ctypes.create_string_buffer(built(n), 40)
    if n <= 32 and rand(1):
        n = lib.plug_option_put(buffer, 40, n, 253, b"\xf9\x89xy", 4)
        n = lib.plug_option_pad(buffer, 40, n)
    return buffer.raw[:n]


def tcp(pseudo):
    t = Tcp(sport=rand(16), dport=rand(16), seq=rand(32), ack=rand(32), flags=rand(9), reserved=rand(3),
            window=rand(16), urgent=rand(16))
    opts, payload = tcp_options(), some(40)
    keep(t, "options", opts)
    t.options_len = len(opts)
    b = built(lib.plug_tcp_build(ref(t), ref(pseudo), payload, len(payload), room, len(room)))
    return 6, b, {"tcp.srcport": t.sport, "tcp.dstport": t.dport, "tcp.seq_raw": t.seq, "tcp.ack_raw": t.ack,
                  "tcp.hdr_len": 20 + len(opts), "tcp.window_size_value": t.window, "tcp.checksum.status": 1,
                  "tcp.urgent_pointer": t.urgent}


def udp(pseudo):
    h = Udp(sport=rand(16), dport=rand(16))
    payload = some(60)
    b = built(lib.plug_udp_build(ref(h), ref(pseudo), payload, len(payload), room, len(room)))
    return 17, b, {"udp.srcport": h.sport, "udp.dstport": h.dport, "udp.length": 8 + len(payload),
                   "udp.checksum.status": 1}


def quoted(family):
    """A datagram as an error quotes it: of the other direction, perhaps cut off."""
    pseudo = addresses(family)[2]
    protocol, b, _ = udp(pseudo)
    header = ip_header(family, pseudo, protocol, len(b))
    return (header + b)[:max(len(header) + 8, chance.randrange(len(header) + len(b) + 1))]


def labels(m):
    stack = [rand(20) for _ in range(chance.randrange(1, 4))]
    entries = b"".join(struct.pack("!I", label << 12 | (i + 1 == len(stack)) << 8 | rand(8))
                       for i, label in enumerate(stack))
    e = IcmpExt(class_num=1, c_type=1, len=len(entries))
    keep(e, "data", entries)
    keep(m, "objects", built(lib.plug_icmp_ext_put(room, len(room), 0, ref(e))))
    m.objects_len = 4 + len(entries)
    return {"icmp.mpls.label": ",".join(str(label) for label in stack), "icmp.ext.checksum.status": 1}


def icmp(pseudo):
    four = pseudo.family == socket.AF_INET
    m = Icmp(family=pseudo.family, type=chance.choice([0, 8, 3, 11, 13] if four else [128, 129, 1, 2, 3]),
             id=rand(16), seq=rand(16))
    error = m.type in ((3, 11) if four else (1, 2, 3))
    want = {}
    if error:
        m.code, m.word = rand(1), 0 if m.type != 2 else 1280
        body = quoted(pseudo.family)
        if four and rand(1):
            want = labels(m)
    else:
        body = chance.randbytes(12) if m.type == 13 else some(40)
        want = {"icmp.ident": m.id, "icmp.seq": m.seq} if four else \
            {"icmpv6.echo.identifier": f"0x{m.id:04x}", "icmpv6.echo.sequence_number": m.seq}
    keep(m, "body", body)
    m.body_len = len(body)
    b = built(lib.plug_icmp_build(ref(m), ref(pseudo), room, len(room)))
    layer = "icmp" if four else "icmpv6"
    want.update({layer + ".type": m.type, layer + ".code": m.code, layer + ".checksum.status": 1})
    return (1 if four else 58), b, want


def addresses(family):
    n = 4 if family == socket.AF_INET else 16
    first = b"\x0a" if n == 4 else b"\x20\x01"
    src, dst = (first + chance.randbytes(n - len(first)) for _ in range(2))
    pseudo = Pseudo(family=family)
    keep(pseudo, "src", src)
    keep(pseudo, "dst", dst)
    return src, dst, pseudo


def ip_header(family, pseudo, protocol, payload_len, want=None):
    src, dst = (ctypes.string_at(p, 4 if family == socket.AF_INET else 16) for p in (pseudo.src, pseudo.dst))
    want = {} if want is None else want
    if family == socket.AF_INET:
        h = Ip4(tos=rand(8), ttl=rand(8), protocol=protocol, flags=rand(1) * 2, id=rand(16))
        h.src[:], h.dst[:] = src, dst
        buffer, n = options(lib.plug_option_put, IP4_OPTIONS, 40)
        h.options_len = lib.plug_option_pad(buffer, 40, n)
        keep(h, "options", buffer.raw)
        want.update({"ip.src": socket.inet_ntop(family, src), "ip.dst": socket.inet_ntop(family, dst),
                     "ip.ttl": h.ttl, "ip.id": f"0x{h.id:04x}", "ip.dsfield": f"0x{h.tos:02x}",
                     "ip.proto": protocol, "ip.hdr_len": 20 + h.options_len, "ip.checksum.status": 1,
                     "ip.len": 20 + h.options_len + payload_len})
        return built(lib.plug_ip4_build(ref(h), payload_len, room, len(room)))
    chain, last = b"", protocol
    for kind in reversed([k for k in (0, 43, 44, 60) if not rand(2)]):
        e = Ext(kind=kind, next_header=last, id=rand(32))
        data = b"\0" * 4 + chance.randbytes(16) if kind == 43 else b""
        if kind in (0, 60):
            buffer, n = options(lib.plug_ip6_option_put, IP6_OPTIONS, 40)
            data = buffer.raw[:n]
        keep(e, "data", data)
        e.data_len = len(data)
        chain = built(lib.plug_ip6_ext_build(ref(e), room, len(room))) + chain
        last = kind
    h = Ip6(traffic_class=rand(8), next_header=last, hop_limit=rand(8), flow_label=rand(20))
    h.src[:], h.dst[:] = src, dst
    want.update({"ipv6.src": socket.inet_ntop(family, src), "ipv6.dst": socket.inet_ntop(family, dst),
                 "ipv6.hlim": h.hop_limit, "ipv6.flow": f"0x{h.flow_label:06x}", "ipv6.nxt": last,
                 "ipv6.plen": len(chain) + payload_len})
    return built(lib.plug_ip6_build(ref(h), len(chain) + payload_len, room, len(room))) + chain


def ether(type, want):
    e = Ether(type=type, vlan_count=chance.choice([0, 0, 1, 2, 3]))
    e.dst[:], e.src[:] = b"\x02" + chance.randbytes(5), b"\x02" + chance.randbytes(5)
    for v in e.vlan:
        v.tpid, v.id, v.priority, v.dei = 0x8100, rand(12), rand(3), rand(1)
    tags = e.vlan[:e.vlan_count]
    want["eth.src"] = ":".join(f"{b:02x}" for b in e.src)
    want["vlan.id"] = ",".join(str(v.id) for v in tags)
    want["vlan.priority"] = ",".join(str(v.priority) for v in tags)
    return built(lib.plug_ether_build(ref(e), room, len(room)))


def arp(want):
    a = Arp(1, 0x0800, 6, 4, chance.randrange(1, 3))
    parts = [chance.randbytes(n) for n in (6, 4, 6, 4)]
    for member, data in zip(("sender_link", "sender", "target_link", "target"), parts):
        keep(a, member, data)
    want.update({"arp.opcode": a.op, "arp.src.proto_ipv4": socket.inet_ntoa(parts[1]),
                 "arp.dst.proto_ipv4": socket.inet_ntoa(parts[3])})
    return built(lib.plug_arp_build(ref(a), room, len(room)))


def packet():
    want = {}
    if not rand(5):
        b = arp(want)
        return ether(0x0806, want), b, want
    family = chance.choice([socket.AF_INET, socket.AF_INET6])
    pseudo = addresses(family)[2]
    protocol, b, said = chance.choice([tcp, udp, icmp])(pseudo)
    want.update(said)
    header = ip_header(family, pseudo, protocol, len(b), want)
    return ether(0x0800 if family == socket.AF_INET else 0x86dd, want), header + b, want


packets = []


def ours():
    while len(packets) < PACKETS:
        packets.append(packet())
    return packets


# --- scapy ----------------------------------------------------------------------------------------

def scapy():
    try:
        os.environ.setdefault("XDG_CACHE_HOME", tempfile.gettempdir())
        importlib.import_module("scapy.layers.inet6")
        return importlib.import_module("scapy.all")
    except ImportError:
        raise Skip("scapy is not installed")


def computed_again(p):
    """The bytes of a packet with everything computed once more: lengths, offsets and checksums."""
    layer = p
    while layer:
        for name in "chksum", "cksum", "len", "plen", "ihl", "dataofs":
            if name in layer.fields and "autopad" not in layer.fields:  # scapy would align options
                layer.fields[name] = None
                layer.raw_packet_cache = None
        layer = None if layer.name.startswith("ICMP") else layer.payload  # a quote stays what it is
    return bytes(p)


def scapy_builds_the_same():
    s = scapy()
    s.TCP.payload_guess = s.UDP.payload_guess = []  # ports are random here
    for _, b, want in ours():
        if "icmp.mpls.label" in want:
            continue  # scapy 2.5 knows no checksum of extensions
        p = (s.ARP if "arp.opcode" in want else s.IP if b[0] >> 4 == 4 else s.IPv6)(b)
        if "ip.src" in want:
            same((p.src, p.dst, p.ttl, p.id, p.tos, p.proto, p.ihl * 4),
                 tuple(want["ip." + n] if n not in ("id", "dsfield") else int(want["ip." + n], 16)
                       for n in ("src", "dst", "ttl", "id", "dsfield", "proto", "hdr_len")), b.hex())
        if "ipv6.src" in want:
            same((p.src, p.dst, p.hlim, p.fl, p.nh),
                 (want["ipv6.src"], want["ipv6.dst"], want["ipv6.hlim"], int(want["ipv6.flow"], 16),
                  want["ipv6.nxt"]), b.hex())
        if "tcp.srcport" in want:
            t = p[s.TCP]
            same((t.sport, t.dport, t.seq, t.ack, t.dataofs * 4, t.window, t.urgptr),
                 tuple(want["tcp." + n] for n in ("srcport", "dstport", "seq_raw", "ack_raw", "hdr_len",
                                                  "window_size_value", "urgent_pointer")), b.hex())
        if "udp.srcport" in want:
            u = p[s.UDP]
            same((u.sport, u.dport, u.len), tuple(want["udp." + n] for n in ("srcport", "dstport", "length")), b.hex())
        same(b.hex(), computed_again(p).hex(), repr(p))



# --- tshark ---------------------------------------------------------------------------------------

TSHARK_FIELDS = """eth.src vlan.id vlan.priority arp.opcode arp.src.proto_ipv4 arp.dst.proto_ipv4
    ip.src ip.dst ip.ttl ip.id ip.dsfield ip.proto ip.hdr_len ip.len ip.checksum.status
    ip.bogus_ip_version ip.bogus_header_length ip.bogus_ip_length
    ipv6.src ipv6.dst ipv6.hlim ipv6.flow ipv6.nxt ipv6.plen ipv6.bogus_ipv6_version ipv6.plen_exceeds_framing
    tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.hdr_len tcp.window_size_value tcp.urgent_pointer
    tcp.checksum.status tcp.bogus_header_length udp.srcport udp.dstport udp.length udp.checksum.status udp.length.bad
    udp.length.bad_zero
    icmp.type icmp.code icmp.checksum.status icmp.ident icmp.seq icmp.mpls.label icmp.ext.checksum.status
    icmpv6.type icmpv6.code icmpv6.checksum.status icmpv6.echo.identifier icmpv6.echo.sequence_number
    _ws.malformed _ws.expert.message""".split()
WHOLE = "vlan.id", "vlan.priority", "icmp.mpls.label", "_ws.expert.message"  # of others the first, the outermost
SETTINGS = """ip.check_checksum:TRUE tcp.check_checksum:TRUE udp.check_checksum:TRUE ip.defragment:FALSE
    ipv6.defragment:FALSE tcp.analyze_sequence_numbers:FALSE tcp.relative_sequence_numbers:FALSE
    tcp.desegment_tcp_streams:FALSE ip.use_geoip:FALSE ipv6.use_geoip:FALSE udp.ignore_ipv6_zero_checksum:FALSE
    udp.ignore_ipv6_zero_checksum:FALSE""".split()


def tshark(frames):
    """What tshark says of each frame: the fields above."""
    if not shutil.which("tshark"):
        raise Skip("tshark is not installed")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "frames.pcap")
        with open(path, "wb") as f:
            f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for i, frame in enumerate(frames):
                f.write(struct.pack("=IIII", i, 0, len(frame), len(frame)) + frame)
        command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
        for ports in "tcp.port", "udp.port":
            command += ["-d", ports + "==0-65535,data"]
        for setting in SETTINGS:
            command += ["-o", setting]
        for field in TSHARK_FIELDS:
            command += ["-e", field]
        env = dict(os.environ, HOME=directory, XDG_CONFIG_HOME=directory)
        r = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)
    assert r.returncode == 0, r.stderr
    lines = r.stdout.split("\n")[:-1]
    same(len(lines), len(frames), "frames that tshark read")
    for line in lines:
        values = dict(zip(TSHARK_FIELDS, line.split("\t")))
        yield {n: v if n in WHOLE else v.split(",")[0] for n, v in values.items()}


def tshark_reads_the_same():
    frames = [link + b for link, b, _ in ours()]
    seen = 0
    for (_, b, want), got in zip(ours(), tshark(frames)):
        for name, value in want.items():
            seen += 1
            same(str(value), got[name], f"{name} of {b.hex()}")
    assert seen > 10 * PACKETS



# --- mutated packets ------------------------------------------------------------------------------
#
# The verdicts that are comparable:
#   header     we refuse an IP header (or a length in it that does not fit what there is) exactly when tshark
#              calls its version, header length or length bogus. Left out: an IPv4 length of 0, which tshark
#              takes for segmentation offload; headers that are cut off, where it gives up; and good ones before
#              anything but TCP or UDP, where it does not tell whether it means this header or one inside.
#   checksum   IPv4, TCP, UDP, ICMP, ICMPv6: right or wrong alike, wherever both give a verdict. We give none for
#              fragments and behind a routing header with segments left, where the destination is another.
#   transport  we refuse a TCP data offset below 20 exactly when tshark calls it bogus, a UDP length below 8, or
#              above what there is, exactly when tshark calls it bad.

def ip4_verdict(b):
    h = Ip4()
    r = lib.plug_ip4_parse(b, len(b), ref(h))
    if r == SHORT or (len(b) >= 4 and b[2:4] == b"\0\0"):
        return None
    n = lib.plug_ip4_payload_len(ref(h), len(b)) if r > 0 else r
    if n < 0:
        return {"header": False}
    pseudo = Pseudo(family=socket.AF_INET)
    lib.plug_pseudo_ip4(ref(h), ref(pseudo))
    said = {"header": True, "ip": lib.plug_ip4_verify(b, len(b), None)}
    if not h.fragment and not h.flags & 1:
        said.update(transport_verdict(h.protocol, pseudo, b[r:r + n]))
    return said


def ip6_verdict(b):
    h, c, e = Ip6(), Chain(), Ext()
    r = lib.plug_ip6_parse(b, len(b), ref(h))
    if r == SHORT:
        return None
    n = lib.plug_ip6_payload_len(ref(h), len(b)) if r > 0 else r
    if n == BAD and r > 0:
        return None  # a jumbogram
    if n < 0:
        return {"header": False}
    pseudo = Pseudo(family=socket.AF_INET6)
    lib.plug_pseudo_ip6(ref(h), ref(pseudo))
    payload = b[r:r + n]
    kept = ctypes.create_string_buffer(payload, len(payload))
    lib.plug_ip6_chain(ref(h), ctypes.addressof(kept), n, ref(c))
    plain = True
    while (r := lib.plug_ip6_chain_next(ref(c), ref(e))) > 0:
        plain = plain and not e.segments_left and not e.fragment and not e.more_fragments
    said = {"header": True}
    if r == 0 and plain:
        said.update(transport_verdict(c.next_header, pseudo, payload[c.at:]))
    return said


def transport_verdict(protocol, pseudo, b):
    if protocol == 6:
        h = Tcp()
        r = lib.plug_tcp_parse(b, len(b), ref(h))
        return {} if r == SHORT else {"tcp header": r > 0} if r < 0 else \
            {"tcp header": True, "tcp": lib.plug_tcp_verify(ref(pseudo), b, len(b), None)}
    if protocol == 17:
        h = Udp()
        r = lib.plug_udp_parse(b, len(b), ref(h))
        if r == SHORT:
            return {}
        good = r > 0 and lib.plug_udp_payload_len(ref(h), len(b)) >= 0
        sum = lib.plug_udp_verify(ref(pseudo), b, len(b), None) if good and h.checksum else None
        return {"udp header": good, **({} if sum is None else {"udp": sum})}
    if protocol == (1 if pseudo.family == socket.AF_INET else 58):
        r = lib.plug_icmp_verify(pseudo.family, ref(pseudo), b, len(b), None)
        return {} if r < 0 else {"icmp" if protocol == 1 else "icmpv6": r}
    return {}


def tshark_verdict(got, four):
    bogus = ("ip.bogus_ip_version", "ip.bogus_header_length", "ip.bogus_ip_length") if four else \
        ("ipv6.bogus_ipv6_version", "ipv6.plen_exceeds_framing")
    other = "ipv6.src" if four and not got["ip.src"] else "ip.src" if not four and not got["ipv6.src"] else None
    said = {"header": not any(got[n] for n in bogus) and not (other and got[other])}
    for name in "ip", "tcp", "udp", "icmp", "icmpv6":
        if got[name + ".checksum.status"] in ("0", "1"):
            said[name] = int(got[name + ".checksum.status"])
    if got["tcp.hdr_len"]:
        said["tcp header"] = not got["tcp.bogus_header_length"]
    if got["udp.length"]:
        said["udp header"] = not got["udp.length.bad"] and not got["udp.length.bad_zero"]
    return said


def mutated(b):
    b = bytearray(b)
    for _ in range(chance.randrange(1, 4)):
        at = min(chance.randrange(len(b)), chance.randrange(len(b)))
        b[at] = chance.choice([rand(8), b[at] ^ 1 << rand(3), 0, 255])
    at = (4 * (b[0] & 15) if b[0] >> 4 == 4 else 40) + 12
    if not rand(3) and at < len(b):
        b[at] = rand(8)  # where TCP tells the length of its header
    if not rand(3):
        del b[chance.randrange(len(b)):]
    return bytes(b)


def tshark_agrees_about_mutated_packets():
    cases = []
    while len(cases) < MUTATED:
        link, b, want = chance.choice(ours())
        if "arp.opcode" not in want:
            cases.append((link, mutated(b), "ip.src" in want))
    counts = {}
    for (_, b, four), got in zip(cases, tshark([link + b for link, b, _ in cases])):
        mine = (ip4_verdict if four else ip6_verdict)(b)
        theirs = tshark_verdict(got, four)
        if mine and mine["header"] and not {"tcp header", "udp header"} & mine.keys():
            del mine["header"]
        for name, value in (mine or {}).items():
            if name in theirs:
                same((name, value), (name, theirs[name]), b.hex() + str(got))
                counts[name, bool(value)] = counts.get((name, bool(value)), 0) + 1
    print("# compared: " + ", ".join(f"{n} {'right' if v else 'wrong'} {c}" for (n, v), c in sorted(counts.items())))
    for name in "header", "ip", "tcp", "udp", "icmp", "icmpv6", "tcp header", "udp header":
        assert all(counts.get((name, v), 0) >= 20 for v in (False, True)), (name, counts)


run(scapy_builds_the_same, tshark_reads_the_same, tshark_agrees_about_mutated_packets)
