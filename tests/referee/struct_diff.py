# SPDX-License-Identifier: MIT
"""plug_struct beside Python's struct: 10^6 random cases made up and answered by struct_diff.c."""
import collections
import marshal
import math
import os
import pathlib
import re
import shlex
import struct
import subprocess
import tempfile

from libplug import run, seed

CASES = int(os.environ.get("PLUG_CASES", 1_000_000))
ROOT = pathlib.Path(__file__).resolve().parents[2]

# Our code, and what Python says for it.
CODES = {
    -7100: "bad char in struct format",
    -7101: "expected [0-9]+ items",
    -7102: "format requires -?[0-9]|argument out of range|int too large|float too large",
    -7103: "required argument is not|must be a bytes object|char format requires",
    -7104: "requires a buffer of|cannot iteratively unpack",
    -7105: "no space to pack|not enough data to unpack|offset .* out of range",
    -7106: "total struct size too long",
    -7107: "repeat count given without format specifier",
    -7108: "bad char in struct format",
}
EMPTY_PASCAL = re.compile(rb"(?<![0-9])0+p")


def pack_into(form, values, buf, offset):
    room = bytearray(buf)
    struct.pack_into(form, room, offset, *values)
    return bytes(room)


ASK = (
    lambda form, values, buf, offset: struct.calcsize(form),
    lambda form, values, buf, offset: struct.pack(form, *values),
    pack_into,
    lambda form, values, buf, offset: struct.unpack(form, buf),
    lambda form, values, buf, offset: struct.unpack_from(form, buf, offset),
    lambda form, values, buf, offset: tuple(struct.iter_unpack(form, buf)),
)


def is_native_float_overflow(form, values):
    """The one number that CPython 3.11 packs and we refuse, as its documentation does."""
    return form[:1] not in b"=<>!" and b"f" in form and any(
        isinstance(v, float) and math.isfinite(v) and abs(v) > 3.4028235677973362e38 for v in values)


def check(case, seen):
    operation, form, values, buf, offset, code, ours = case
    try:
        theirs, said = ASK[operation](form, values, buf, offset), None
    except (struct.error, OverflowError) as e:
        theirs, said = None, str(e)
    except SystemError as e:
        said = str(e)
    if EMPTY_PASCAL.search(form) and operation != 0:
        seen["0p, left out"] += 1
    elif code == 0:
        assert said is None, f"we take what Python refuses: {said}"
        # the same types, signs of zero and bits of NaN
        assert marshal.dumps(ours, 2) == marshal.dumps(theirs, 2), f"ours {ours!r}, theirs {theirs!r}"
    elif said is None or not re.search(CODES[code], said):
        assert code == -7102 and is_native_float_overflow(form, values), f"we say {code}, Python {said}"
        seen["f too large in native mode, left out"] += 1
    seen[code] += 1


def a_million_cases_are_answered_as_by_python():
    lib = pathlib.Path(os.environ["PLUG_LIB"])
    with tempfile.TemporaryDirectory() as scratch:
        program = f"{scratch}/struct_diff"
        subprocess.run([*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-O1", "-D_GNU_SOURCE",
                        f"-I{ROOT}/include", f"{ROOT}/tests/referee/struct_diff.c", "-o", program, lib,
                        f"-Wl,-rpath,{lib.parent}"], check=True)
        seen = collections.Counter()
        with subprocess.Popen([program, str(seed), str(CASES)], stdout=subprocess.PIPE) as maker:
            while head := maker.stdout.read(4):
                for case in marshal.loads(maker.stdout.read(int.from_bytes(head, "little"))):
                    try:
                        check(case, seen)
                    except Exception as e:
                        raise AssertionError(f"{case!r}: {e}") from None
        assert maker.returncode == 0, f"struct_diff ended with {maker.returncode}"
    print(f"# PLUG_SEED={seed}, {CASES} cases:", ", ".join(f"{k}: {n}" for k, n in seen.most_common()))
    assert sum(n for k, n in seen.items() if isinstance(k, int)) == CASES
    assert seen[0] > CASES // 2 and all(seen[code] for code in CODES), "cases of some kind are missing"


run(a_million_cases_are_answered_as_by_python)
