"""Writes docs/scenario.md, the reference of scenario files, from the schema's own docstrings.

python docs/build_reference.py
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from layout.model import floor, production, transport
from layout.model import scenario as nouns

PAGE = Path(__file__).with_name("scenario.md")
ORDER = (
    nouns.ScenarioSpec,
    nouns.Time,
    floor.Floor,
    floor.Area,
    floor.Fence,
    floor.Walkways,
    floor.Safety,
    floor.Detection,
    nouns.Product,
    nouns.Machine,
    nouns.Box,
    nouns.PortSpec,
    nouns.Service,
    floor.Place,
    floor.Group,
    floor.Member,
    floor.Pin,
    production.Buffer,
    production.Failure,
    production.Source,
    production.Order,
    production.Quality,
    production.Rework,
    production.Power,
    transport.Robot,
    transport.LinearAxis,
    transport.Vehicle,
    transport.Conveyor,
    transport.Direct,
    production.Battery,
    production.People,
    production.Shift,
    nouns.Objective,
)
HEAD = """# Scenario files

Written by `python docs/build_reference.py` from the schema. `layout schema` prints the same as JSON Schema.

A quantity is a number in SI (angles in degrees) or text with a unit: `95 s`, `350 mm`, `0.3 m/s`, `70 %`. Where a field
is *free*, the search may set it: write `{choose: [a, b, ...]}` or `{range: [low, high]}`; for x and y `[low, high]`
and for yaw `[0, 90, ...]` say the same.

Random times: a time (always the same), or one of `{exponential: mean}`, `{erlang: {mean, k}}`, `{gamma: {mean, cv}}`,
`{lognormal: {mean, cv}}`, `{weibull: {scale, shape}}`, `{triangular: {low, mode, high}}`, `{uniform: {low, high}}`,
`{geometric: {p, cycle}}` (so many cycles that each is the last with chance p), or measured times, all equally likely:
`{empirical: [41 s, 39 s, ...]}` or a column of a CSV file, `{empirical: {file: times.csv, column: seen, unit: s}}`.
"""


def page() -> str:
    """The whole reference page."""
    schema = nouns.ScenarioSpec.model_json_schema(by_alias=True)
    definitions = {"ScenarioSpec": schema, **schema["$defs"]}
    parts = [HEAD]
    for noun in ORDER:
        parts.append(f"## {noun.__name__.removesuffix('Spec')}\n\n{inspect.cleandoc(noun.__doc__ or '')}\n")
        parts.append("| key | what | default |\n|---|---|---|")
        required = set(definitions[noun.__name__].get("required", ()))
        for key, field in definitions[noun.__name__]["properties"].items():
            default = "*required*" if key in required else _short(field.get("default"))
            parts.append(f"| `{key}` | {_kind(field)} | {default} |")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _kind(field: dict[str, Any]) -> str:
    """What a field takes, in a few words."""
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2])
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if "description" in field:
        return str(field["description"]).split(":")[0].replace("a a", "an a")
    if "discriminator" in field or "oneOf" in field:
        return "one of " + ", ".join(ref["$ref"].rpartition("/")[2] for ref in field["oneOf"])
    if "anyOf" in field:
        kinds = [_kind(option) for option in field["anyOf"] if option.get("type") != "null"]
        free = any("choose" in option.get("properties", {}) for option in field["anyOf"])
        plain = [kind for kind in dict.fromkeys(kinds) if kind != "mapping"]
        return (" or ".join(plain) if not free else plain[0]) + (", *free*" if free else "")
    if field.get("type") == "array":
        if "prefixItems" in field:  # a point or a vector
            return f"list of {len(field['prefixItems'])} numbers"
        pair = "prefixItems" in field.get("items", {})
        return "list of [x, y]" if pair else f"list of {_kind(field['items'])}"
    if field.get("type") == "object" or "additionalProperties" in field:
        inner = field.get("additionalProperties")
        return f"name -> {_kind(inner)}" if isinstance(inner, dict) else "mapping"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        field.get("type", ""), "number"
    )


def _short(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "-" if value in (None, "", {}) else text if len(text) < 40 else "see text"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
