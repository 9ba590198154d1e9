# SPDX-License-Identifier: MIT
"""Reads include/plug/*.h the way a person does: overview, sections, comments, declarations.

Shared by docgen (which makes manual pages of it) and apicheck (which holds the library to it).
"""
import pathlib
import re
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent


@dataclass
class Decl:
    """One declaration or macro: its text as written, its comments."""
    text: str

    @property
    def is_function(self):
        return self.text.startswith("PLUG_API")

    @property
    def name(self):
        if self.text.startswith("#define"):
            return re.match(r"#define\s+(\w+)", self.text)[1]
        if self.is_function:
            return re.search(r"\b(plug_\w+)\s*\(", self.text)[1]
        if self.text.startswith("typedef"):
            return re.search(r"(\w+)\s*\(|(\w+);", self.text).group(0).strip(" (;")
        m = re.match(r"(?:struct|enum|union)\s+(\w+)", self.text)
        return m[1] if m else ""

    @property
    def synopsis(self):
        text = re.sub(r"\bPLUG_(API|MUST)\s+|^inline\s+", "", self.text)
        text = re.sub(r"\s*PLUG_PRINTF\([^)]*\)|\s*__attribute__\(\(.*?\)\)", "", text)
        return re.sub(r"^inline ", "", re.sub(r"\n +", " ", text) if self.is_function else text)

    @property
    def trailing(self):
        """The comment behind a declaration, on its line."""
        m = re.search(r"[;)]\s*/\*\s*(.*?)\s*\*/\s*$", self.text, re.S)
        return m[1] if m and not self.text.startswith("#") else ""


@dataclass
class Group:
    """Declarations without a blank line between, and the comment directly above them."""
    section: str
    note: str
    comment: str
    decls: list = field(default_factory=list)

    @property
    def functions(self):
        return [d for d in self.decls if d.is_function]


@dataclass
class Header:
    name: str
    overview: str
    groups: list

    @property
    def functions(self):
        return [f for g in self.groups for f in g.functions]


def comment_text(lines):
    """The words of a comment without its stars; relative indentation is kept."""
    text = "\n".join(lines).strip()[2:-2]
    return "\n".join(re.sub(r"^ ?\*? ?", "", "*" + l if i == 0 else l.strip(" ") and l)
                     for i, l in enumerate(text.split("\n"))).strip("\n").strip()


def take_comment(lines, i):
    j = i
    while "*/" not in lines[j]:
        j += 1
    return comment_text(lines[i:j + 1]), j + 1


def take_decl(lines, i):
    """A declaration ends where its brackets are closed and a ';' (or a body's '}') stands."""
    j, depth, in_comment = i, 0, False
    while True:
        code = re.sub(r"/\*.*?\*/", "", lines[j])
        if in_comment:
            code = code.partition("*/")[2] if "*/" in code else ""
            in_comment = "*/" not in lines[j]
        if "/*" in code:
            code, in_comment = code.partition("/*")[0], True
        depth += sum(code.count(c) for c in "{(") - sum(code.count(c) for c in "})")
        if depth == 0 and not in_comment and re.search(r"[;}]\s*$", code):
            return "\n".join(lines[i:j + 1]), j + 1
        j += 1


def take_macro(lines, i):
    j = i
    while lines[j].endswith("\\"):
        j += 1
    return "\n".join(lines[i:j + 1]), j + 1


def parse(path):
    lines = path.read_text().split("\n")
    overview, groups, group, section, note = "", [], None, "", ""
    i = 0
    while i < len(lines):
        line = lines[i]
        if line.startswith("/*"):
            text, i = take_comment(lines, i)
            if text.startswith("SPDX"):
                continue
            if text.startswith("--- "):
                section, note, group = text.strip("- \n"), "", None
                continue
            group = Group(section, note, text)
            if not lines[i].strip():
                note = text
        elif line.startswith("#define") and not re.match(r"#define \w+_H$", line):
            text, i = take_macro(lines, i)
            group = group or Group(section, note, "")
            group.decls.append(Decl(text))
        elif not line.strip() or line.startswith(("#", "PLUG_BEGIN", "PLUG_END", "extern \"C\"", "}")):
            group = None if not line.strip() else group
            i += 1
        else:
            text, i = take_decl(lines, i)
            if text.startswith(("inline", "static", "template")):
                continue
            group = group or Group(section, note, "")
            group.decls.append(Decl(text))
        if not overview and group and not group.decls and not lines[i].startswith("PLUG_API"):
            overview = group.comment
        if group and group.decls and group not in groups:
            groups.append(group)
    return Header(path.stem, overview, groups)


def headers():
    return [parse(p) for p in sorted((ROOT / "include/plug").glob("*.h"))]


def error_codes():
    """name -> (number, text) of the X-macro in err.h."""
    text = (ROOT / "include/plug/err.h").read_text()
    return {m[1]: (int(m[2]), m[3])
            for m in re.finditer(r'^\s+X\((\w+), (-\d+), "(.*)"\)', text, re.M)}
