"""Just enough C++ to find functions: comments and strings blanked, braces followed."""

import re
from dataclasses import dataclass

_NOISE = re.compile(
    r'''//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+\'''',
    re.S)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
_INITIALISER_LIST = re.compile(r"\)\s*(noexcept\s*)?:(?!:)")
_NO_FUNCTION = re.compile(r"^\s*(?:(?:inline|export|typedef|static)\s+)*(namespace|class|struct|union|enum|extern|concept)\b")
_ASSIGNMENT = re.compile(r"(?<![=!<>+\-*/%&|^])=(?!=)")
_LABEL = re.compile(r"^\s*(public|private|protected|signals|Q_OBJECT)\s*(slots\s*)?:?(?!:)")
_TEMPLATE = re.compile(r"^\s*template\s*<[^{}()]*?>\s*", re.S)


@dataclass
class Function:
    name: str
    line: int
    lines: int


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def code_only(text):
    """The same text, line for line, with comments and literals replaced by spaces."""
    return _NOISE.sub(_blank, text)


def _is_function(header):
    header = _LABEL.sub("", header)
    plain = _TEMPLATE.sub("", header)
    if "(" not in plain or _NO_FUNCTION.match(plain):
        return False
    before = plain[: plain.index("(")]
    return "operator" in before or not _ASSIGNMENT.search(before) or "[" in before


def _name(header):
    match = re.search(r"((?:\w+::)*operator\s*(?:\(\)|[^\s(]+)|[~\w:]+)\s*\(([^()]*)\)", header)
    if not match:
        return "lambda"
    # The name of a test is in its arguments.
    if re.fullmatch(r"(TYPED_)?TEST(_[FP])?", match.group(1)):
        return ".".join(part.strip() for part in match.group(2).split(","))
    return match.group(1)


def functions(text):
    """Every function with a body that is not inside another one; a lambda counts to its function."""
    code = _DIRECTIVE.sub(_blank, code_only(text))
    found = []
    depth = 0        # braces open inside the current function or initialiser
    inside = None    # the start of the current function's header, or -1 in another skipped block
    parens = 0
    start = 0        # where the current header begins
    for match in re.finditer(r"[{}();]", code):
        at, mark = match.start(), match.group()
        if inside is not None:
            depth += (mark == "{") - (mark == "}")
            if depth == 0:
                if inside >= 0:
                    first = code.count("\n", 0, inside) + 1
                    last = code.count("\n", 0, at) + 1
                    found.append(Function(_name(code[inside:at]), first, last - first + 1))
                    start = at + 1
                inside = None
            continue
        if mark == "(":
            parens += 1
        elif mark == ")":
            parens -= 1
        elif mark == "{":
            header = code[start:at]
            member = _INITIALISER_LIST.search(header) and re.search(r"[\w>]\s*$", header)
            if parens > 0 or member:
                inside, depth = -1, 1
            elif _is_function(header):
                lead = _LABEL.match(header)
                begin = start + (lead.end() if lead else 0)
                inside, depth = begin + re.search(r"\S", code[begin:]).start(), 1
            else:
                start = at + 1
        elif parens == 0:
            start = at + 1
    return found
