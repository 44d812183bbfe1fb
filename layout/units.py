"""Quantities as people write them ("62 s", "350 mm", "0.3 m/s") to SI floats, and back."""

from __future__ import annotations

import math
import re

_UNITS: dict[str, dict[str, float]] = {
    "time": {"s": 1, "ms": 1e-3, "sec": 1, "min": 60, "h": 3600, "d": 86400},
    "length": {"m": 1, "mm": 1e-3, "cm": 1e-2, "km": 1e3, "in": 0.0254, "ft": 0.3048},
    "speed": {"m/s": 1, "mm/s": 1e-3, "m/min": 1 / 60, "km/h": 1 / 3.6},
    "acceleration": {"m/s^2": 1, "m/s2": 1, "m/s²": 1, "mm/s^2": 1e-3},
    "mass": {"kg": 1, "g": 1e-3, "t": 1e3, "lb": 0.45359237},
    "angle": {"deg": math.pi / 180, "°": math.pi / 180, "rad": 1},
    "fraction": {"": 1, "%": 1e-2},
    "force": {"N": 1, "kN": 1e3},
    "power": {"W": 1, "kW": 1e3, "MW": 1e6},
    "rate": {"/s": 1, "/min": 1 / 60, "/h": 1 / 3600},
}
# A bare number is SI, except that people write angles in degrees.
_BARE = {"angle": math.pi / 180}
# How much of the world writes 1.5.
_COMMA = re.compile(r"^\s*[-+]?\d+,\d+\s*\S*\s*$")
_QUANTITY = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*$")


def parse(value: object, dimension: str) -> float:
    """A number or text with a unit as an SI float (angles: radians).

    Raises ValueError with a sentence for the user when the text has no such unit or is no finite number.
    """
    units = _UNITS[dimension]
    kind = f"a{'n' if dimension[0] in 'aeiou' else ''} {dimension}"
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"expected {kind} such as {example(dimension)}")
    if isinstance(value, str):
        match = _QUANTITY.match(value)
        if not match or match[2].startswith(":"):
            if _COMMA.match(value):
                raise ValueError(f"not {kind}; write a decimal point: {value.strip().replace(',', '.', 1)}")
            raise ValueError(f"not {kind}; write a number with a unit, such as {example(dimension)}")
        number, unit = float(match[1]), match[2]
        if unit and unit not in units:
            known = ", ".join(u for u in units if u)
            raise ValueError(f"unknown unit {unit!r} for {kind}; use one of {known}")
        factor = float(units[unit]) if unit else _BARE.get(dimension, 1.0)
    else:
        try:
            number, factor = float(value), _BARE.get(dimension, 1.0)
        except OverflowError:  # Python's integers have no end
            number, factor = math.inf, 1.0
    if not math.isfinite(number * factor):
        raise ValueError(f"{kind} must be a finite number")
    return number * factor


def example(dimension: str) -> str:
    """A well-written quantity of that dimension, for messages."""
    return {
        "time": "'62 s', '3 min' or '8 h'",
        "length": "'350 mm' or '1.2 m'",
        "speed": "'0.3 m/s'",
        "acceleration": "'0.6 m/s^2'",
        "mass": "'1.8 kg'",
        "angle": "90 (degrees)",
        "fraction": "0.7 or '70 %'",
        "force": "'160 N'",
        "power": "'8 kW' or '350 W'",
        "rate": "'40 /h'",
    }[dimension]


def duration(seconds: float) -> str:
    """Seconds for people: '850 ms', '62 s', '4.5 min', '8 h'."""
    size = abs(seconds)
    if size < 1 and size > 0:
        return f"{seconds * 1e3:.3g} ms"
    if size < 120:
        return f"{seconds:.3g} s"
    if size < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"
