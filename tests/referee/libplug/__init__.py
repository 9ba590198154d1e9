# SPDX-License-Identifier: MIT
"""libplug through ctypes, and TAP, for the referees beside this directory."""
import ctypes
import os
import random
import sys
import traceback

sys.path.append("/usr/lib/python3/dist-packages")  # scapy, where python3 is not Debian's
lib = ctypes.CDLL(os.environ["PLUG_LIB"])
seed = int(os.environ.get("PLUG_SEED", random.SystemRandom().randrange(2**32)))
chance = random.Random(seed)
for name in "plug_addr_class_name", "plug_constant_name":
    getattr(lib, name).restype = ctypes.c_char_p
for name in "plug_url_text", "plug_url_encode":
    getattr(lib, name).restype = ctypes.c_size_t
for name in "plug_url_resolve", "plug_url_decode":
    getattr(lib, name).restype = ctypes.c_ssize_t
lib.plug_url_encode.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p,
                                ctypes.c_size_t]
lib.plug_url_decode.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
                                ctypes.c_void_p]
lib.plug_constant_name.argtypes = [ctypes.c_char_p, ctypes.c_int64]


class Span(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_void_p), ("len", ctypes.c_size_t)]

    def text(self):
        return ctypes.string_at(self.ptr, self.len).decode() if self.ptr else None


class Url(ctypes.Structure):
    _fields_ = [(n, Span) for n in ("scheme", "userinfo", "host", "port_text", "path", "query",
                                    "fragment")] + [("port", ctypes.c_int), ("bracketed", ctypes.c_bool)]


class Skip(Exception):
    pass


def same(ours, theirs, what):
    assert ours == theirs, f"{what!r}: ours {ours!r}, theirs {theirs!r}"


def run(*checks):
    """Runs functions as one TAP stream; exits 1 when one failed."""
    failed = False
    print(f"1..{len(checks)}")
    for number, check in enumerate(checks, 1):
        name = check.__name__.replace("_", " ")
        try:
            check()
            print(f"ok {number} - {name}")
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}")
        except Exception:
            failed = True
            print(f"not ok {number} - {name} (PLUG_SEED={seed})")
            print("# " + traceback.format_exc().strip().replace("\n", "\n# "))
    sys.exit(failed)
