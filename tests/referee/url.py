# SPDX-License-Identifier: MIT
"""URLs beside Python's urllib.parse."""
import ctypes
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from libplug import Url, chance, lib, run, same

PIECES = ["http:", "ftp:", "//", "/", "a", "b.c", "..", ".", "?", "#", "q=1", ":80", "u@", "[::1]", "%41", ";p", "h"]


def random_text(most):
    return "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, most)))


def parse(text, reference=False):
    u = Url()
    fn = lib.plug_url_parse_reference if reference else lib.plug_url_parse
    return u if fn(ctypes.c_char_p(text), ctypes.byref(u), None) == 0 else None


def parts_are_those_of_urlsplit():
    accepted = 0
    for _ in range(200000):
        text = ("http://h" if chance.random() < 0.5 else "") + random_text(9)
        raw = text.encode()
        u = parse(raw)
        if u is None:
            continue
        accepted += 1
        theirs = urlsplit(text)
        same(u.scheme.text().lower(), theirs.scheme, text)
        same(u.path.text(), theirs.path, text)
        same(u.query.text() or "", theirs.query, text)
        same(u.fragment.text() or "", theirs.fragment, text)
        same((u.host.text() or "").lower() or None, theirs.hostname, text)
        same(u.port if u.port >= 0 else None, theirs.port, text)
        if u.userinfo.text() is not None:
            user, _, password = u.userinfo.text().partition(":")
            same((user, password), (theirs.username or "", theirs.password or ""), text)
    assert accepted > 10000, accepted


def references_lead_where_urljoin_says():
    """Where urljoin follows RFC 3986: it drops empty segments, and keeps dots behind a host."""
    compared = 0
    for _ in range(200000):
        base = "http://a/" + "/".join(chance.choice(["b", "c", "..", "."]) for _ in range(chance.randrange(4)))
        base += chance.choice(["", "?q"])
        ref = chance.choice(["", "/", "//h", "?y"])
        if ref != "//h":
            ref += "/".join(chance.choice(["g", "h", "..", ".", "...", ".g"]) for _ in range(chance.randrange(5)))
        ref += chance.choice(["", "?z=/../", "#s/./x"])
        if ".." in base.split("/") or "." in base.split("/") or "//" in ref[2:]:
            continue
        raw = base.encode()
        u = parse(raw)
        out = ctypes.create_string_buffer(512)
        n = lib.plug_url_resolve(ctypes.byref(u), ref.encode(), out, 512)
        theirs = urljoin(base, ref)
        same(out.value.decode() if n >= 0 else None, theirs, (base, ref))
        compared += 1
    assert compared > 10000, compared


def coding_is_quote_and_unquote():
    for _ in range(50000):
        data = chance.randbytes(chance.randrange(24))
        keep = chance.choice(["", "/", "!$&'()*+,;=:@"])
        out = ctypes.create_string_buffer(128)
        n = lib.plug_url_encode(data, len(data), keep.encode(), out, 128)
        text = quote(data, safe=keep)
        same(out.value[:n].decode(), text, data)
        back = ctypes.create_string_buffer(128)
        n = lib.plug_url_decode(text.encode(), len(text), back, 128, None)
        same(back.raw[:n], unquote_to_bytes(text), text)


run(parts_are_those_of_urlsplit, references_lead_where_urljoin_says, coding_is_quote_and_unquote)
