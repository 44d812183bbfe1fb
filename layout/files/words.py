"""Values of a scenario as people read them."""

from __future__ import annotations

import math

from layout.model.distribution import Distribution
from layout.model.floor import Place
from layout.model.quantities import Choose, Range
from layout.units import duration


def value_words(value: object) -> str:
    """A fixed or free value: '95 s (lognormal, cv 0.1)', '1 to 8', '1, 2 or 3'."""
    if isinstance(value, Distribution):
        spread = "" if value.kind == "deterministic" else f" ({value.kind}, cv {value.cv:.2g})"
        return duration(value.mean_s) + spread
    if isinstance(value, Range):
        return f"{value.low:.6g} to {value.high:.6g}"
    if isinstance(value, Choose):
        options = [value_words(option) for option in value.options]
        return " or ".join(filter(None, [", ".join(options[:-1]), options[-1]]))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def place_words(place: Place) -> dict[str, str]:
    """Where something stands: x '1 to 8 m', y '3 m', yaw '0 or 90°'."""
    yaw = place.yaw
    if isinstance(yaw, Range):
        turned: object = Range(math.degrees(yaw.low), math.degrees(yaw.high))
    elif isinstance(yaw, Choose):
        turned = Choose(tuple(math.degrees(option) for option in yaw.options))
    else:
        turned = math.degrees(yaw)
    return {"x": f"{value_words(place.x)} m", "y": f"{value_words(place.y)} m", "yaw": f"{value_words(turned)}°"}
