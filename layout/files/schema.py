"""What pydantic finds in a YAML file, said for people: dotted path, line, what is wrong, and what to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from layout.errors import Problem
from layout.files.yaml import Document, Key, KeyPath, did_you_mean, show
from layout.model.distribution import KINDS


def findings(trouble: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """All of pydantic's findings about a document that was read as `model`, in the file's order."""
    entries = _entries(trouble, document)
    deep = {entry.path[:n] for entry in entries for n in range(len(entry.path))}
    schema: dict[str, Any] | None = None
    problems: dict[tuple[KeyPath, str], Problem] = {}
    for entry in entries:
        if entry.type == "too_short" and entry.path in deep:
            continue  # pydantic counts only the items that were right
        if entry.type == "extra_forbidden":
            schema = schema or model.model_json_schema(by_alias=True)
            hint = did_you_mean(str(entry.path[-1]), keys_at(schema, document, entry.path[:-1]), "keys here")
            problem = document.problem("unknown key", entry.path, hint=hint)
        else:
            problem = _say(entry, document)
        problems.setdefault((entry.path, problem.what), problem)
    meant = {(path[:-1], problem.hint) for (path, what), problem in problems.items() if what == "unknown key"}
    told = [
        problem
        for (path, what), problem in problems.items()
        if what != "is missing" or (path[:-1], f"did you mean '{path[-1]}'?") not in meant
    ]
    return sorted(told, key=lambda problem: problem.line)


def error_paths(trouble: ValidationError, document: Document) -> Iterator[tuple[str, KeyPath]]:
    """Pydantic's kind of each error, and its path in the document."""
    for entry in _entries(trouble, document):
        tag = entry.type in ("union_tag_invalid", "union_tag_not_found")
        yield entry.type, (*entry.path, _tag(entry)) if tag else entry.path


def _entries(trouble: ValidationError, document: Document) -> list[_Entry]:
    entries = [_Entry(detail, document) for detail in trouble.errors(include_url=False)]
    return [entry for entry in entries if entry.in_best_branch(document)]


class _Entry:
    """One of pydantic's errors: its path in the file, with the tags of unions taken out."""

    def __init__(self, detail: Mapping[str, Any], document: Document) -> None:
        self.type: str = detail["type"]
        self.message: str = detail["msg"]
        self.context: Mapping[str, Any] = detail.get("ctx") or {}
        self.tag = ""
        self.tag_at: KeyPath = ()
        path: list[Key] = []
        here: Any = document.data
        loc = list(detail["loc"])
        for i, key in enumerate(loc):
            inside = (isinstance(here, dict) and key in here) or (
                isinstance(here, list) and isinstance(key, int) and key < len(here)
            )
            if inside:
                here = here[key]
                path.append(key)
            elif self.type == "missing" and i == len(loc) - 1:
                path.append(key)
            elif isinstance(key, str):
                self.tag, self.tag_at = key, tuple(path)
        self.path: KeyPath = tuple(path)

    def in_best_branch(self, document: Document) -> bool:
        """Whether an error of a union comes from the branch that the author meant."""
        at = document.get(self.tag_at)
        if self.tag.startswith("dict["):
            return isinstance(at, dict) and not _is_distribution(at)
        if self.tag.startswith("function-"):
            return not isinstance(at, dict) or _is_distribution(at)
        return True


def _is_distribution(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in KINDS


def _say(entry: _Entry, document: Document) -> Problem:
    value = document.get(entry.path)
    shown = value if not isinstance(value, (dict, list)) else None
    empty = value is None and bool(entry.path)
    what, hint, path = entry.message, "", entry.path
    match entry.type:
        case "missing" if isinstance(path[-1], int):
            path = path[:-1]
            what, hint, shown = "has an entry too few", "a point is two numbers, [x, y]", None
        case "missing":
            what, hint = "is missing", f"add '{path[-1]}:'"
        case "value_error":
            what = entry.message.removeprefix("Value error, ")
            what, _, hint = what.partition("; ")
            shown = value
        case "union_tag_not_found":
            what, hint, path = "is missing", f"write {_tag(entry)}: and one of {_tags(document)}", (*path, _tag(entry))
        case "union_tag_invalid":
            path = (*path, _tag(entry))
            what, shown = "unknown kind", entry.context.get("tag")
            known = str(entry.context.get("expected_tags", "")).replace("'", "").split(", ")
            hint = did_you_mean(str(shown), known, "there are")
        case "literal_error":
            known = str(entry.context.get("expected", "")).replace(" or ", ", ").replace("'", "").split(", ")
            what, hint = f"must be one of {', '.join(known)}", did_you_mean(show(value), known) if value else ""
            hint = hint if hint.startswith("did") else ""
        case "string_type":
            what, hint = "must be text", f'put it in quotes: "{value}"' if isinstance(value, (int, float)) else ""
            if isinstance(value, (dict, list)):
                section = f"{path[-1]}s" if path[-1:] == ("shift",) else ""
                hint = (
                    f"describe it in the section '{section}:', and write its name here" if section else "write a name"
                )
                shown = value
        case _ if empty:
            what, hint = "is empty", "give it a value or remove the key"
        case "dict_type" | "mapping_type" | "model_type" | "model_attributes_type" | "dataclass_type":
            what, hint = "must be a mapping of 'key: value' lines", "indent its keys below it"
            shown = value
        case "tuple_type" | "list_type":
            what, hint, shown = "must be a list", "write [a, b, ...]", value
        case "too_short":
            least = entry.context.get("min_length", 1)
            what = f"needs at least {least} entr{'y' if least == 1 else 'ies'}"
            if path[-1:] and path[-1] in ("boundary", "polygon", "footprint"):
                what, hint = f"needs at least {least} corners", "list its corners in order around it, [[x, y], ...]"
        case "too_long":
            what = f"has too many entries (at most {entry.context.get('max_length')})"
        case "string_too_short":
            what = "must not be empty"
        case "bool_parsing" | "bool_type":
            what = "must be true or false"
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            what = "must be a whole number"
        case "float_type" | "float_parsing":
            what = "must be a number"
        case "greater_than_equal":
            what = f"must be at least {entry.context.get('ge'):g}"
        case "less_than_equal":
            what = f"must be at most {entry.context.get('le'):g}"
        case "greater_than":
            what = f"must be more than {entry.context.get('gt'):g}"
        case _:
            what = entry.message.replace("Input should be", "must be")
    return document.problem(what, path, shown, hint)


def _tag(entry: _Entry) -> str:
    return str(entry.context.get("discriminator", "kind")).strip("'")


def _tags(document: Document) -> str:
    return "machine, arm, part" if "machines" not in (document.data or {}) else "robot, conveyor, direct"


def keys_at(schema: Mapping[str, Any], document: Document, path: KeyPath) -> list[str]:
    """The keys that a JSON Schema knows for the mapping at a path of a document."""
    nodes = [dict(schema)]
    for depth, key in enumerate(path):
        kind = (document.get(path[:depth]) or {}).get("kind") if isinstance(document.get(path[:depth]), dict) else None
        nodes = [below for node in nodes for below in _below(node, key, kind, schema)]
    at = document.get(path)
    kind = at.get("kind") if isinstance(at, dict) else None
    found = [name for node in nodes for leaf in _leaves(node, kind, schema) for name in leaf.get("properties", {})]
    return list(dict.fromkeys(found))


def _below(node: dict[str, Any], key: Key, kind: Any, schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for leaf in _leaves(node, kind, schema):
        if isinstance(key, int):
            items = leaf.get("items")
            if isinstance(items, dict):
                yield items
        elif key in leaf.get("properties", {}):
            yield leaf["properties"][key]
        elif isinstance(leaf.get("additionalProperties"), dict):
            yield leaf["additionalProperties"]


def _leaves(node: dict[str, Any], kind: Any, schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A node's alternatives, references followed; of a union told apart by `kind`, the branch of that kind."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    branches = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    if not branches:
        const = node.get("properties", {}).get("kind", {}).get("const")
        if kind is None or const is None or const == kind:
            yield node
    for branch in branches:
        yield from _leaves(branch, kind, schema)
