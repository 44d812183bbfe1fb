"""Field types of the scenario file: quantities with units, distributions, and values the search may choose.

A field written `Free...` holds either a value or a `Choose`/`Range` that makes it a design variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from layout import units

T = TypeVar("T")


@dataclass(frozen=True)
class Choose(Generic[T]):
    """A design variable with a few values, best first or in natural order."""

    options: tuple[T, ...]


@dataclass(frozen=True)
class Range:
    """A continuous design variable between two SI values, both included."""

    low: float
    high: float


def _quantity_schema(dimension: str) -> dict[str, Any]:
    return {
        "anyOf": [{"type": "number"}, {"type": "string"}],
        "description": f"a {dimension}: a number in SI or text such as {units.example(dimension)}",
    }


def _quantity(
    dimension: str, *, low: float | None = None, high: float | None = None, strict: bool = False, hint: str = ""
) -> Callable[[object], float]:
    def read(value: object) -> float:
        number = units.parse(value, dimension)
        if low is not None and (number < low or (strict and number == low)):
            raise ValueError(f"must be {'more than' if strict else 'at least'} {low:g}{hint and '; ' + hint}")
        if high is not None and number > high:
            raise ValueError(f"must be at most {high:g}{hint and '; ' + hint}")
        return number

    return read


def free(
    read: Callable[[object], Any],
    value: object,
    *,
    pair_is_range: bool = False,
    list_is_choice: bool = False,
    ranges: bool = True,
) -> Any:
    """Read a value, `{choose: [...]}` or `{range: [low, high]}`, each entry by `read`; `ranges`: whether it has any."""
    if isinstance(value, (Choose, Range)):
        return value
    if not ranges and (isinstance(value, list) or (isinstance(value, dict) and set(value) != {"choose"})):
        raise ValueError("is neither a value nor a choice; write {choose: [a, b, ...]} to let the search choose")
    if isinstance(value, dict):
        if set(value) == {"choose"} and isinstance(value["choose"], (list, tuple)) and value["choose"]:
            return _choice(read(option) for option in value["choose"])
        if set(value) == {"range"} and isinstance(value["range"], (list, tuple)) and len(value["range"]) == 2:
            value = value["range"]
            pair_is_range = True
        else:
            raise ValueError(_EITHER)
    if isinstance(value, (list, tuple)):
        if pair_is_range and len(value) == 2:
            low, high = read(value[0]), read(value[1])
            if not low < high:
                raise ValueError("the range's low end must be below its high end; write {range: [low, high]}")
            return Range(low, high)
        if list_is_choice and value:
            return _choice(read(option) for option in value)
        raise ValueError(_EITHER)
    return read(value)


_EITHER = "is neither a value nor a choice; write a value, {choose: [a, b, ...]} or {range: [low, high]}"


def _choice(options: Iterable[Any]) -> Choose[Any]:
    listed = tuple(options)
    twice = next((option for i, option in enumerate(listed) if option in listed[:i]), None)
    if twice is not None:
        raise ValueError("an option is listed twice; keep one of them")
    return Choose(listed)


def choice_schema(of: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of a value or `{choose: [...]}`."""
    choice = {"type": "object", "properties": {"choose": {"type": "array", "items": of, "minItems": 1}},
              "required": ["choose"], "additionalProperties": False}  # fmt: skip
    return {"anyOf": [of, choice]}


def _free_schema(of: dict[str, Any]) -> dict[str, Any]:
    schema = choice_schema(of)
    schema["anyOf"].append(
        {"type": "object", "properties": {"range": {"type": "array", "items": of, "minItems": 2, "maxItems": 2}},
         "required": ["range"], "additionalProperties": False})  # fmt: skip
    return schema


def _axis(value: object) -> Any:
    return free(_quantity("length"), value, pair_is_range=True)


def _yaw(value: object) -> Any:
    return free(_quantity("angle"), value, list_is_choice=True)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false; write it without quotes")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise ValueError("expected a whole number from 1 to 100; such as 2")
    return value


_COUNT_SCHEMA: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 100}


def _length_pair_schema() -> dict[str, Any]:
    of = _quantity_schema("length")
    schema = _free_schema(of)
    schema["anyOf"].append({"type": "array", "items": of, "minItems": 2, "maxItems": 2})
    return schema


def _yaw_schema() -> dict[str, Any]:
    of = _quantity_schema("angle")
    schema = _free_schema(of)
    schema["anyOf"].append({"type": "array", "items": of, "minItems": 1})
    return schema


Seconds = Annotated[float, BeforeValidator(_quantity("time", low=0.0)), WithJsonSchema(_quantity_schema("time"))]
PositiveTime = Annotated[
    float, BeforeValidator(_quantity("time", low=0.0, strict=True)), WithJsonSchema(_quantity_schema("time"))
]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""In whatever currency the scenario counts."""
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Watts = Annotated[float, BeforeValidator(_quantity("power", low=0.0)), WithJsonSchema(_quantity_schema("power"))]
Metres = Annotated[float, BeforeValidator(_quantity("length")), WithJsonSchema(_quantity_schema("length"))]
Length = Annotated[float, BeforeValidator(_quantity("length", low=0.0)), WithJsonSchema(_quantity_schema("length"))]
PositiveLength = Annotated[
    float, BeforeValidator(_quantity("length", low=0.0, strict=True)), WithJsonSchema(_quantity_schema("length"))
]
Speed = Annotated[
    float, BeforeValidator(_quantity("speed", low=0.0, strict=True)), WithJsonSchema(_quantity_schema("speed"))
]
Acceleration = Annotated[
    float,
    BeforeValidator(_quantity("acceleration", low=0.0, strict=True)),
    WithJsonSchema(_quantity_schema("acceleration")),
]
Force = Annotated[
    float, BeforeValidator(_quantity("force", low=0.0, strict=True)), WithJsonSchema(_quantity_schema("force"))
]
Number = Annotated[float, Field(allow_inf_nan=False)]
Triple = tuple[Metres, Metres, Metres]
Mass = Annotated[
    float, BeforeValidator(_quantity("mass", low=0.0, strict=True)), WithJsonSchema(_quantity_schema("mass"))
]
Fraction = Annotated[
    float, BeforeValidator(_quantity("fraction", low=0.0, high=1.0)), WithJsonSchema(_quantity_schema("fraction"))
]
PositiveFraction = Annotated[
    float,
    BeforeValidator(_quantity("fraction", low=0.0, high=1.0, strict=True)),
    WithJsonSchema(_quantity_schema("fraction")),
]
# Longer shifts are slips of the unit, and would keep the simulation busy for days.
LONGEST_HORIZON_S = 366 * 86400.0
Horizon = Annotated[
    float,
    BeforeValidator(
        _quantity("time", low=0.0, strict=True, high=LONGEST_HORIZON_S, hint="simulate a shift, such as 8 h")
    ),
    WithJsonSchema(_quantity_schema("time")),
]


def _level(value: object) -> float:
    number = units.parse(value, "fraction")
    if not 0.5 <= number <= 0.9999:
        raise ValueError("must be from 50 % to 99.99 %; 95 % is customary")
    return number


Level = Annotated[float, BeforeValidator(_level), WithJsonSchema(_quantity_schema("fraction"))]
FreeAxis = Annotated[float | Range | Choose[float], BeforeValidator(_axis), WithJsonSchema(_length_pair_schema())]
FreeYaw = Annotated[float | Range | Choose[float], BeforeValidator(_yaw), WithJsonSchema(_yaw_schema())]
Angle = Annotated[float, BeforeValidator(_quantity("angle")), WithJsonSchema(_quantity_schema("angle"))]
FreeFlag = Annotated[
    bool | Choose[bool],
    BeforeValidator(lambda value: free(_flag, value, ranges=False)),
    WithJsonSchema(choice_schema({"type": "boolean"})),
]
FreeCount = Annotated[
    int | Choose[int],
    BeforeValidator(lambda value: free(_count, value, ranges=False)),
    WithJsonSchema(choice_schema(_COUNT_SCHEMA)),
]
FreeBuffer = Annotated[
    int | Choose[int],
    BeforeValidator(lambda value: free(_buffer, value, ranges=False)),
    WithJsonSchema(choice_schema({"type": "integer", "minimum": 0})),
]
FreeSpeed = Annotated[
    float | Range | Choose[float],
    BeforeValidator(lambda value: free(_quantity("speed", low=0.0, strict=True), value)),
    WithJsonSchema(_free_schema(_quantity_schema("speed"))),
]


def _buffer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000:
        raise ValueError("expected a whole number of waiting places; 0 or more, such as 2, or {in: 2, out: 1}")
    return value
