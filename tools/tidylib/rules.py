"""The checks. Each yields Finding(path, line, rule, what to do); tidy prints and counts them."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from . import cpp, tables


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


CPP = (".cpp", ".hpp")
SOURCES = (*CPP, ".py", ".sh", ".cmake", ".proto", ".ts", ".tsx", ".qml", ".txt")
# Bytes that programs made: neither their whitespace nor their words are ours.
DATA = re.compile(r"^tests/(data|fuzz/corpus)/|package-lock\.json$")


def is_allowed(lines, number, rule):
    """"tidy: allow RULE why" on the line itself or the one above; the why is needed."""
    near = lines[max(0, number - 2) : number]
    return any(re.search(rf"tidy: allow {re.escape(rule)} \S", line) for line in near)


def folder_of(path):
    """The key in FOLDERS for a file under src/; "tests" or "bench" for those; else None."""
    parts = PurePosixPath(path).parts
    if parts[0] in ("tests", "bench"):
        return parts[0]
    if parts[0] != "src":
        return None
    for length in (2, 1):
        name = "/".join(parts[1 : 1 + length])
        if len(parts) > 1 + length and name in tables.FOLDERS:
            return name
    return "unknown"


def is_test_file(path):
    return path.startswith("tests/") or re.search(tables.TEST_FILES, path) is not None


def includes(path, text):
    """The arrows between folders, and who owns which third-party header."""
    folder = folder_of(path)
    if folder is None or not path.endswith(CPP):
        return
    is_test = is_test_file(path)
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if not match or is_allowed(lines, number, "include"):
            continue
        kind, header = match.groups()
        if folder == "unknown":
            yield Finding(path, number, "include", "this folder is not in tools/tidylib/tables.py")
            return
        if kind == '"' and not header.startswith("partyline/v"):
            problem = _our_include(path, folder, is_test, header)
        else:
            problem = _third_party(folder, is_test, header)
        if problem:
            yield Finding(path, number, "include", problem)


def _our_include(path, folder, is_test, header):
    if ".." in header or "/" not in header:
        full = PurePosixPath(*PurePosixPath(path).parts[1:]).parent / PurePosixPath(header).name
        return f'write the whole name: "{full}"'
    if folder in ("tests", "bench"):
        return None
    target = folder_of("src/" + header)
    if target == folder or (is_test and header.startswith(("sim/", "platform/"))):
        return None
    allowed = tables.FOLDERS[folder]
    if target in allowed or header in allowed:
        return None
    return f"{folder} may not include {header}; it may: {', '.join(allowed) or 'nothing'}"


def _third_party(folder, is_test, header):
    if folder in tables.PURE and not is_test and re.fullmatch(tables.IMPURE_HEADERS, header):
        return f"{folder} is pure: no sockets, threads or files here"
    for pattern, owners in tables.OWNERS:
        if re.fullmatch(pattern, header):
            if owners is None or folder in owners or (is_test and "tests" in owners):
                return None
            return f"<{header}> belongs to {', '.join(owners)}; go through their headers"
    if "/" in header:
        return f"<{header}> is new: give it an owner in tools/tidylib/tables.py"
    return None


def banned(path, text):
    lines = text.split("\n")
    checks = [(rule, pattern, advice, False) for rule, pattern, advice in tables.BANNED_TEXT]
    if path.endswith(CPP):
        top = path.split("/")[0]
        checks += [(rule, pattern, advice, True) for rule, pattern, tops, advice in tables.BANNED_CODE if top in tops]
        if top == "src" and folder_of(path) not in tables.CLOCK_OWNERS and not is_test_file(path):
            checks += [(rule, pattern, advice, True) for rule, pattern, advice in tables.BANNED_BUT_FOR_OWNERS]
    code = None
    for rule, pattern, advice, code_alone in checks:
        # Most files have none: look at the whole first.
        for match in re.finditer(pattern, text):
            if code_alone:
                code = code or cpp.code_only(text)
                if not code[match.start() : match.end()].strip():
                    continue
            number = text.count("\n", 0, match.start()) + 1
            if not is_allowed(lines, number, rule):
                yield Finding(path, number, rule, f"'{match.group().strip()}': {advice}")


def whitespace(path, text):
    if text and not text.endswith("\n"):
        yield Finding(path, text.count("\n") + 1, "newline", "end the file with a newline")
    for match in re.finditer(r"[ \t]+$|\t", text, re.M):
        tab = "\t" in match.group()
        number = text.count("\n", 0, match.start()) + 1
        yield Finding(path, number, "whitespace", "use spaces, not tabs" if tab else "remove the spaces at the end")


def lengths(path, text, allow):
    """`allow` maps (path, function or "-" for the file) to its old length; those found are marked used."""
    lines = text.count("\n")
    if path.endswith(SOURCES) and lines > tables.FILE_LINES_MAX:
        if not allow.covers(path, "-", lines):
            yield Finding(path, 1, "file-length", f"{lines} lines, {tables.FILE_LINES_MAX} at most: split it")
    if not path.endswith(CPP):
        return
    for function in cpp.functions(text):
        if function.lines > tables.FUNCTION_LINES_MAX and not allow.covers(path, function.name, function.lines):
            yield Finding(path, function.line, "function-length",
                          f"{function.name} has {function.lines} lines, {tables.FUNCTION_LINES_MAX} at most")


class AllowList:
    """tools/tidy-allow.txt: "path function lines" for what was longer before; entries may only shrink."""

    def __init__(self, text, path):
        self.path = path
        self.entries = {}
        self.seen = {}
        for number, line in enumerate(text.split("\n"), 1):
            line = line.split("#")[0].strip()
            if line:
                where, name, lines = line.split()
                self.entries[where, name] = (int(lines), number)

    def covers(self, path, name, lines):
        if (path, name) not in self.entries:
            return False
        self.seen[path, name] = lines
        return lines <= self.entries[path, name][0]

    def stale(self):
        for key, (lines, number) in self.entries.items():
            now = self.seen.get(key, 0)
            if now < lines:
                advice = f"lower it to {now}" if now else "remove it"
                yield Finding(self.path, number, "allow-list", f"{' '.join(key)} got shorter: {advice}")


@dataclass(frozen=True)
class Limit:
    path: str
    line: int
    namespace: str  # the innermost
    name: str
    is_field: bool  # of a struct there


_CONSTANT = re.compile(r"\binline\s+constexpr\s[^;={]*?\b(\w+)\s*[={]")
_STRUCT = re.compile(r"\bstruct\s+\w+\s*\{(.*?)^\};", re.S | re.M)
_FIELD = re.compile(r"\b(\w+)\s*(?:=[^;]*|\{[^;]*)?;")
_NAMESPACE = re.compile(r"\bnamespace\s+(?:\w+::)*(\w+)\s*[{;]")


def limits_in(path, text):
    """Every constant of a limits.hpp, and every field of its structs."""
    code = cpp.code_only(text)
    namespace = _NAMESPACE.search(code)
    found = [(match.start(1), match.group(1), False) for match in _CONSTANT.finditer(code)]
    for struct in _STRUCT.finditer(code):
        found += [(struct.start(1) + field.start(1), field.group(1), True)
                  for field in _FIELD.finditer(struct.group(1))]
    return [Limit(path, code.count("\n", 0, at) + 1, namespace.group(1) if namespace else "", name, is_field)
            for at, name, is_field in sorted(found)]


class LimitNames:
    """What a test file says that may be a limit's name; its comments and strings do not count."""

    def __init__(self, path, text):
        code = cpp.code_only(text)
        self.path = path
        self.folder = PurePosixPath(path).parent
        self.words = set(re.findall(r"\w+", code))
        self.members = set(re.findall(r"\.(\w+)", code))
        self.in_full = set(re.findall(r"\b(\w+::\w+|limits\.\w+)", code))
        self.namespaces = set(_NAMESPACE.findall(code))

    def say(self, limit):
        """Beside the limit its name is enough. Elsewhere others may have the same: there it is named in full."""
        beside = self.folder == PurePosixPath(limit.path).parent
        if limit.is_field:
            return limit.name in self.members if beside else f"limits.{limit.name}" in self.in_full
        if beside or limit.namespace in self.namespaces:
            return limit.name in self.words
        return f"{limit.namespace}::{limit.name}" in self.in_full


def untested_limits(limits, tests, exceptions, listed_in):
    """Every limit is named by a test. `tests` are LimitNames; `exceptions` as tables.UNTESTED_LIMITS. These may
    only become fewer: what is tested by now, or is not there any more, has to go."""
    excused = {(path, name) for path, _, names in exceptions for name in names.split()}
    for limit in limits:
        tested = next((test.path for test in tests if test.say(limit)), None)
        is_excused = (limit.path, limit.name) in excused
        excused.discard((limit.path, limit.name))
        if tested is None and not is_excused:
            yield Finding(limit.path, limit.line, "untested-limit",
                          f"no test names {limit.name}: show that the most passes and one more does not")
        if tested is not None and is_excused:
            yield Finding(listed_in, 1, "untested-limit", f"{limit.name} is named in {tested}: take it from the list")
    for path, name in sorted(excused):
        yield Finding(listed_in, 1, "untested-limit", f"{path} has no {name}: take it from the list")


def headers(path, text):
    if path.endswith(".hpp") and "#pragma once" not in text:
        yield Finding(path, 1, "pragma-once", "start the header with #pragma once")


def build_lists(path, read):
    """Every source is named in its folder's CMakeLists.txt: an unbuilt file rots."""
    if not path.endswith(".cpp") or path.split("/")[0] not in ("src", "tests", "bench"):
        return
    name = PurePosixPath(path).name
    for parent in PurePosixPath(path).parents[:-1]:
        listing = read(f"{parent}/CMakeLists.txt")
        if listing is not None:
            if not re.search(rf"(?<![\w.]){re.escape(name)}\b", listing):
                yield Finding(path, 1, "not-built", f"name it in {parent}/CMakeLists.txt")
            return
    yield Finding(path, 1, "not-built", "give its folder a CMakeLists.txt that names it")


_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"(?:\./)?(\.?[\w\-]+(?:/[\w.\-+]+)*/?)(?::\d+|#[\w\-]+)?")


def dead_paths(path, text, exists, top_names):
    """Paths that a document names: in backticks (from the top, or from src/), and as links."""
    if not path.endswith(".md"):
        return
    fenced = re.sub(r"^```.*?^```", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S | re.M)
    for match in _SPAN.finditer(fenced):
        found = _PATH.fullmatch(match.group(1))
        if not found or "/" not in found.group(1):
            continue
        name = found.group(1).rstrip("/")
        first = name.split("/")[0]
        if first == "build":
            continue
        if first in top_names:
            alive = exists(name)
        elif first in {folder.split("/")[0] for folder in tables.FOLDERS}:
            alive = any(exists(f"src/{name}{ending}") for ending in ("", ".hpp", ".cpp"))
        else:
            continue
        if not alive:
            yield Finding(path, fenced.count("\n", 0, match.start()) + 1, "dead-path", f"{name} does not exist")
    for match in _LINK.finditer(fenced):
        target = match.group(1).split("#")[0]
        if not target or re.match(r"[a-z]+:", target):
            continue
        parts = []
        for part in (PurePosixPath(path).parent / target).parts:
            if part == ".." and parts:
                parts.pop()
            else:
                parts.append(part)
        if not exists("/".join(parts)):
            yield Finding(path, fenced.count("\n", 0, match.start()) + 1, "dead-path", f"{target} does not exist")


def blob(path, size):
    if size > tables.BLOB_BYTES_MAX:
        yield Finding(path, 1, "blob", f"{size} bytes, {tables.BLOB_BYTES_MAX} at most: make it smaller, or make it")
