"""YAML files to plain Python values that remember their lines, and findings that name file, line and dotted path."""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layout.errors import LayoutError, Problem, ScenarioError

Key = str | int
KeyPath = tuple[Key, ...]

# More than any hand-written line needs; refuses alias bombs and files given by mistake before they cost minutes.
MAX_BYTES = 5_000_000
MAX_VALUES = 300_000
# YAML nests as deep as Python's recursion; people nest about six deep.
MAX_DEPTH = 40
# Beyond this a whole number is no quantity of a factory, and no float holds it exactly.
MAX_INTEGER = 2**53

_PREFIX = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Document:
    """A YAML file read: plain data (dict, list, str, int, float, bool, None) and the line of every value.

    file : the file's name as messages show it
    lines : path of keys and list indices -> line, counted from 1
    problems : what is wrong with the YAML itself though the rest could be read, such as keys given twice
    elsewhere : path -> file and line, of what another file gave in its place
    """

    file: str
    data: Any
    lines: Mapping[KeyPath, int] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    elsewhere: Mapping[KeyPath, tuple[str, int]] = field(default_factory=dict, repr=False)

    def line(self, path: KeyPath) -> int:
        """Line of the value at a path, or of the nearest thing around it that the file holds."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def get(self, path: KeyPath) -> Any:
        """The value at a path; None where there is none."""
        here = self.data
        for key in path:
            try:
                here = here[key]
            except (KeyError, IndexError, TypeError):
                return None
        return here

    def problem(self, what: str, path: KeyPath = (), value: object = None, hint: str = "") -> Problem:
        """A finding about the value at a path."""
        shown = "" if value is None else show(value)
        for n in range(len(path), 0, -1) if self.elsewhere else ():
            if path[:n] in self.elsewhere:
                return Problem(what, dotted(path), shown, hint, *self.elsewhere[path[:n]])
        return Problem(what, dotted(path), shown, hint, self.file, self.line(path))


def dotted(path: Iterable[Key]) -> str:
    """A path as people read it: ``machines.mill.place.x``, ``products.bracket.route[1]``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def show(value: object, width: int = 60) -> str:
    """A value for a message, cut when long."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split()) if text.strip() else repr(text)
    return text if len(text) <= width else text[: width - 3] + "..."


def did_you_mean(word: str, known: Iterable[str], what: str = "known") -> str:
    """A hint for a name that is not known: the nearest one, or the list of what is there."""
    names = list(dict.fromkeys(known))
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{folded[close[0]]}'?"
    if not names:
        return f"{what}: none"
    return f"{what}: {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}"


def read_document(path: Path, error: type[LayoutError] = ScenarioError) -> Document:
    """Read a YAML file. Raises `error` with line, finding and hint for whatever cannot be read."""
    return parse_document(read_bytes(path, error), str(path), error)


def read_bytes(path: Path, error: type[LayoutError] = ScenarioError) -> bytes:
    """The bytes of a file that a person named; `error` where it cannot be read."""
    try:
        if path.is_dir():
            raise error(Problem("is a folder, not a file", file=str(path), hint="name the YAML file inside it"))
        if path.stat().st_size > MAX_BYTES:
            raise error(Problem("is too large to be written by hand", file=str(path), hint="is it the right file?"))
        return path.read_bytes()
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        hint = did_you_mean(path.name, near, "there") if near else "check the path"
        raise error(Problem("no such file", file=str(path), hint=hint)) from None
    except (OSError, ValueError) as trouble:
        reason = getattr(trouble, "strerror", None) or str(trouble)
        raise error(Problem(f"cannot be read: {reason}", file=str(path))) from None


def parse_document(raw: bytes, file: str, error: type[LayoutError] = ScenarioError, *, go_on: bool = False) -> Document:
    """Read YAML 1.2 from bytes (UTF-8); `file` is the name that messages show.

    go_on : where the rest can be read all the same, leave problems to the caller (`Document.problems`)
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        line = raw.count(b"\n", 0, trouble.start) + 1
        raise error(Problem("is not UTF-8 text", file=file, line=line, hint="save it as UTF-8")) from None
    try:
        yaml = YAML(typ="safe", pure=True)
        node = yaml.compose(text)
        if node is None:
            raise error(Problem("is empty", file=file, hint="'layout new NAME' writes a first one"))
        builder = _Builder(yaml, file)
        data = builder.build(node, (), 0)
    except MarkedYAMLError as trouble:
        raise error(_syntax(trouble, text, file)) from None
    except YAMLError as trouble:
        raise error(_unprintable(str(trouble), text, file)) from None
    except RecursionError:
        raise error(Problem("nests too deep", file=file, hint="a bracket or brace too many?")) from None
    except _TooManyError:
        hint = "do aliases (*name) multiply?"
        raise error(Problem(f"holds more than {MAX_VALUES} values", file=file, hint=hint)) from None
    except (
        ValueError,
        AttributeError,
        TypeError,
        IndexError,
        KeyError,
        AssertionError,
        NotImplementedError,
    ) as trouble:
        # ruamel's scanner lets a few of these through on garbage.
        raise error(Problem(f"is not YAML that can be read ({show(str(trouble))})", file=file)) from None
    if builder.problems and not go_on:
        raise error(builder.problems)
    return Document(file, data, builder.lines, tuple(builder.problems))


class _TooManyError(Exception):
    """More values than a person writes."""


def _syntax(trouble: Any, text: str, file: str) -> Problem:
    mark = trouble.problem_mark or trouble.context_mark
    line = mark.line + 1 if mark else 0
    lines = text.splitlines()
    there = lines[line - 1] if 0 < line <= len(lines) else ""
    what = str(trouble.problem or trouble.context or "cannot be understood").strip()
    if "\t" in there[: len(there) - len(there.lstrip())]:
        return Problem("a tab in the indentation", file=file, line=line, hint="YAML indents with spaces only")
    if "'\\t'" in what:
        return Problem("a tab where YAML wants spaces", value=show(there), file=file, line=line, hint="use spaces")
    if "found another document" in what:
        hint = "keep one scenario or layout to a file; '---' begins another"
        return Problem("holds more than one YAML document", file=file, line=line, hint=hint)
    hint = "check indentation, brackets and colons here and on the line before"
    if "mapping values are not allowed" in what:
        hint = "a text that holds ': ' needs quotes; check the indentation too"
    elif "expected ',' or" in what:
        hint = "a comma or a closing bracket is missing before this"
    elif "could not find expected ':'" in what:
        hint = "a key needs a colon and a space after it"
    elif "undefined alias" in what:
        hint = "quote a text that begins with *"
    return Problem(
        f"not valid YAML: {what}", value=show(there.strip()) if there else "", hint=hint, file=file, line=line
    )


def _unprintable(what: str, text: str, file: str) -> Problem:
    bad = next((i for i, c in enumerate(text) if not c.isprintable() and c not in "\n\r\t"), None)
    if bad is None:
        return Problem(f"not valid YAML: {show(what)}", file=file)
    line = text.count("\n", 0, bad) + 1
    return Problem("a control character that YAML does not allow", value=repr(text[bad]), file=file, line=line)


class _Builder:
    """Turns YAML nodes into plain values, with all duplicate keys and odd values collected."""

    def __init__(self, yaml: Any, file: str) -> None:
        self.constructor = yaml.constructor
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self.open: set[int] = set()
        self.count = 0

    def note(self, what: str, path: KeyPath, node: Any, value: str = "", hint: str = "") -> None:
        self.problems.append(Problem(what, dotted(path), value, hint, self.file, node.start_mark.line + 1))

    def build(self, node: Any, path: KeyPath, depth: int) -> Any:
        self.count += 1
        self.lines.setdefault(path, node.start_mark.line + 1)
        if self.count > MAX_VALUES:
            raise _TooManyError
        if depth > MAX_DEPTH:
            raise RecursionError
        tag = str(node.tag or "")
        if node.id == "scalar":
            return self.scalar(node, path, tag)
        if not tag.startswith(_PREFIX) or tag[len(_PREFIX) :] not in ("map", "seq", "omap"):
            self.note(f"the tag {show(tag.replace(_PREFIX, '!!'))} is not allowed here", path, node, hint="remove it")
            return None
        if id(node) in self.open:
            self.note("an alias that holds itself", path, node)
            return None
        self.open.add(id(node))
        try:
            if node.id == "sequence":
                return [self.build(item, (*path, i), depth + 1) for i, item in enumerate(node.value)]
            return self.mapping(node, path, depth)
        finally:
            self.open.discard(id(node))

    def mapping(self, node: Any, path: KeyPath, depth: int) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        seen: dict[Hashable, int] = {}
        merged: list[Any] = []
        for key_node, value_node in node.value:
            if key_node.tag == _PREFIX + "merge":
                merged.append(value_node)
                continue
            if key_node.id != "scalar":
                self.note("a key must be a plain name", path, key_node, hint="quote it, or check the colon before it")
                continue
            if node.flow_style and made and _after_comma(key_node, value_node):
                before, rest = next(reversed(made)), key_node.value
                hint = f"write a decimal point: {made[before]}.{rest}"
                self.note("a decimal comma ends the value", (*path, before), key_node, f"{made[before]},{rest}", hint)
                continue
            key = self.scalar(key_node, path, str(key_node.tag))
            if not isinstance(key, str):
                self.note("a name must be text", path, key_node, show(key), f'put it in quotes: "{key_node.value}"')
                continue
            line = key_node.start_mark.line + 1
            if key in seen:
                what = f"the key '{show(key)}' is given twice (first on line {seen[key]})"
                self.note(what, (*path, key), key_node, hint="keep one of them")
                continue
            seen[key] = line
            self.lines[(*path, key)] = line
            made[key] = self.build(value_node, (*path, key), depth + 1)
        for source in merged:
            self.merge(source, made, path, depth)
        return made

    def merge(self, source: Any, made: dict[Any, Any], path: KeyPath, depth: int) -> None:
        """`<<: *other`: what the mapping itself does not say comes from there."""
        for node in source.value if source.id == "sequence" else [source]:
            if node.id != "mapping" or id(node) in self.open:
                self.note("'<<' takes a mapping, such as *name", path, node)
                continue
            extra = self.build(node, (*path, "<<"), depth + 1) or {}
            for key, value in extra.items():
                if key not in made:
                    made[key] = value
                    for known in [p for p in self.lines if p[: len(path) + 2] == (*path, "<<", key)]:
                        self.lines[(*path, key, *known[len(path) + 2 :])] = self.lines[known]

    def scalar(self, node: Any, path: KeyPath, tag: str) -> Any:
        kind = tag.removeprefix(_PREFIX)
        if kind in ("str", "timestamp", "merge", "value"):
            return str(node.value)
        if kind not in ("int", "float", "bool", "null"):
            self.note(f"the tag {show(tag.replace(_PREFIX, '!!'))} is not allowed here", path, node, hint="remove it")
            return None
        try:
            value = self.constructor.construct_object(node, deep=True)
        except Exception:
            # whatever ruamel makes of `!!int x`
            self.note(f"is no {kind}", path, node, show(node.value))
            return None
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            self.note("this number is too large", path, node, show(node.value))
            return None
        return value


def _after_comma(key_node: Any, value_node: Any) -> bool:
    """Whether a key without a value is what follows a decimal comma: the `5 s` of `{wash: 1,5 s}`."""
    alone = (
        value_node.id == "scalar" and not value_node.value and value_node.start_mark.index == value_node.end_mark.index
    )
    return alone and re.match(r"\d+(?!\w*:)", str(key_node.value)) is not None
