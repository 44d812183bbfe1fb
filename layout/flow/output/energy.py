"""Electric power of a line: watts by what each resource does, times the share of time it does so."""

from __future__ import annotations

import math
from collections.abc import Mapping

from layout.model.line import Line
from layout.model.production import Power

_FIELD = {
    **dict.fromkeys(("working", "moving", "moving_empty", "moving_loaded", "handling"), "working_w"),
    "setup": "setup_w",
    "down": "down_w",
    "off_shift": "off_w",
}  # of a state; any other is idle


def powers(line: Line) -> dict[str, Power]:
    """Resource -> its power by state, where it has one; each vehicle of a fleet has the fleet's."""
    found = {s.name: s.power for s in line.stations.values()}
    found.update((a.name, a.power) for a in line.arms.values())
    found.update((b.name, b.power) for b in line.belts.values())
    for fleet in line.fleets.values():
        found.update(dict.fromkeys(fleet.members, fleet.power))
    return {name: power for name, power in found.items() if power is not None}


def watts(power: Power, state: str) -> float:
    """Power (W) in a state; what is not given takes that of idle."""
    given = getattr(power, _FIELD.get(state, "idle_w"))
    return float(power.idle_w if given is None else given)


def mean_power_w(line: Line, shares: Mapping[str, Mapping[str, float]]) -> float:
    """Mean power (W) of everything; nan where nothing has a power."""
    known = powers(line)
    if not known:
        return math.nan
    return math.fsum(
        share * watts(power, state) for name, power in known.items() for state, share in shares.get(name, {}).items()
    )
