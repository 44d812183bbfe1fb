"""Who tends which station, and when people and stations are at work, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from layout.flow.kernel import records as rec
from layout.flow.network.hours import begins_on, switch_times
from layout.flow.paths import by_name
from layout.model.line import Line, Station
from layout.model.production import Shift

_DUTIES = (("runs", "run"), ("sets_up", "set"), ("repairs", "mend"))


class Attendance:
    """Collects pools, shifts and duties of a line; staff : the pools' names."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.staff = tuple(by_name(line.staff))
        self._tends: list[int] = []
        self._shifts: list[dict[str, Any]] = []
        self._switches: list[float] = []

    def station(self, number: int, station: Station) -> dict[str, int]:
        """Fields of a station's record."""
        found = {"shift": self._shift(station.shift, station=number)}
        for duty, field in _DUTIES:
            found[f"{field}0"] = len(self._tends)
            self._tends += [q for q, n in enumerate(self.staff) if station.name in getattr(self.line.staff[n], duty)]
            found[f"{field}1"] = len(self._tends)
        tended = found["run1"] > found["run0"] or found["set1"] > found["set0"]
        before = station.blocking == "before"
        return found | {
            "before": int(before),
            "repeats": int(station.blocking == "repeat"),
            "careful": int(tended or before or bool(station.setup) or station.batch > 1),
        }

    def tables(self) -> dict[str, Any]:
        """Tables of the world, once all stations have been asked for; shifts without their clocks."""
        staff = np.zeros(len(self.staff), rec.STAFF)
        for q, name in enumerate(self.staff):
            pool = self.line.staff[name]
            shift = self._shift(pool.shift, staff=q)
            staff[q]["number"], staff[q]["on"] = pool.number, 1 if shift < 0 else self._shifts[shift]["on"]
        shifts = np.zeros(len(self._shifts), rec.SHIFT)
        for i, fields in enumerate(self._shifts):
            for field, value in fields.items():
                shifts[i][field] = value
        return {
            "staff": staff, "shifts": shifts,
            "tends": np.array(self._tends, np.int64), "switches": np.array(self._switches, np.float64),
        }  # fmt: skip

    def _shift(self, shift: Shift | None, **whose: int) -> int:
        """Number of a station's or pool's shift, -1 where it is there all the time."""
        switches = switch_times(shift) if shift else []
        if shift is None or not switches:
            return -1
        first = len(self._switches)
        self._switches += switches
        self._shifts.append({"station": -1, "staff": -1, **whose, "switch0": first, "switch1": len(self._switches),
                             "at": first, "on": int(begins_on(shift)), "every": shift.every_s})  # fmt: skip
        return len(self._shifts) - 1
