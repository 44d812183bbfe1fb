"""Where vehicles park and charge, as tables: rows of their times, and their batteries."""

from __future__ import annotations

import math
from typing import Any

from layout.errors import LayoutError, Problem
from layout.flow.paths import by_name
from layout.model.line import Arm, Fleet
from layout.model.results import ArmTimes, FleetTimes


def between_tasks(crew: Arm | Fleet, times: ArmTimes | FleetTimes, first: int) -> tuple[list[int], dict[str, Any]]:
    """Rows of the stops for parking and for charging, that begin at place `first` of their table; fields of its units.

    Raises LayoutError where there are no times to one of them, or a battery has no charger.
    """
    if not isinstance(crew, Fleet):
        return [], {"least": -math.inf}
    problems = [
        Problem(f"no times of {crew.name!r} to where it parks or charges", value=s)
        for s in dict.fromkeys((*crew.parking, *crew.chargers))
        if s not in times.stations
    ]
    battery = crew.battery
    if battery is not None and not crew.chargers:
        problems.append(Problem(f"the vehicles of {crew.name!r} have a battery and no charger"))
    if problems:
        raise LayoutError(problems)
    parks = [times.stations.index(s) for s in by_name(crew.parking)]
    chargers = [times.stations.index(s) for s in by_name(crew.chargers)] if battery else []
    fields = {"park0": first, "parks": len(parks), "charger0": first + len(parks), "chargers": len(chargers),
              "least": -math.inf}  # fmt: skip
    if battery is not None:
        lasts_s = battery.lasts_s
        fields |= {"lasts": lasts_s, "left": lasts_s, "charge": battery.charge_s, "least": battery.below * lasts_s}
    return [*parks, *chargers], fields
