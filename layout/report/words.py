"""Figures in words: sensible digits, units for people, violations as sentences."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from layout.model.physical import INCIDENTS, Verdict
from layout.model.results import Estimate, Violation
from layout.units import duration

THIN = "\u202f"
NOT_SIMULATED = "not simulated: where things stand decides every aim"
NONE = "–"


def decimals(half_width: float, mean: float) -> int:
    """Decimals that an interval justifies: two figures of the half-width where it starts with 1, else one."""
    if not math.isfinite(half_width) or half_width <= 0:
        return 0 if mean == 0 else min(max(3 - math.floor(math.log10(abs(mean))), 0), 4)
    first = math.floor(math.log10(half_width))
    leading = half_width / 10.0**first
    return min(max(-first + (1 if leading < 1.95 and first <= 0 else 0), 0), 4)


def number(value: float | None, places: int = 1) -> str:
    """A number with so many decimals, thin gaps between thousands, a true minus sign."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:,.{places}f}".replace(",", THIN)
    return text.replace("-", "−") if float(f"{value:.{places}f}") else text.lstrip("-")


def significant(value: float | None, figures: int = 3) -> str:
    """A number with so many significant figures and no exponent."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    return number(value, max(figures - 1 - math.floor(math.log10(abs(value))), 0))


@dataclass(frozen=True)
class Unit:
    """How a measure is shown: its value times `factor`, with this suffix."""

    factor: float
    suffix: str


def time_unit(seconds: float) -> Unit:
    """Seconds, minutes or hours, by size."""
    size = abs(seconds)
    return Unit(1, " s") if size < 120 else Unit(1 / 60, " min") if size < 7200 else Unit(1 / 3600, " h")


def energy_unit(kwh: float) -> Unit:
    """Watt hours or kilowatt hours, by size."""
    return Unit(1000, " Wh") if abs(kwh) < 0.1 else Unit(1, " kWh")


def estimate(found: Estimate | None, unit: Unit) -> str:
    """'112.4 ± 0.6 /h'; the mean alone where there is no interval."""
    if found is None or not math.isfinite(found.mean):
        return NONE
    mean, half = found.mean * unit.factor, found.half_width * unit.factor
    if not math.isfinite(half):
        return f"{significant(mean)}{unit.suffix}"
    places = decimals(half, mean)
    return f"{number(mean, places)} ± {number(half, places)}{unit.suffix}"


def plain(value: float | None, unit: Unit, figures: int = 3) -> str:
    """A figure without an interval."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{significant(value * unit.factor, figures)}{unit.suffix}"


def change(before: float | None, after: float | None) -> str:
    """'+22 %'; empty where there is nothing to compare with."""
    if before is None or after is None or not math.isfinite(before) or not math.isfinite(after) or before == 0:
        return ""
    percent = 100 * (after / before - 1)
    places = 1 if abs(percent) < 9.95 else 0
    text = number(abs(percent), places)
    if float(text.replace(THIN, "")) == 0:
        return "±0 %"
    return f"{'+' if percent > 0 else '−'}{text} %"


def percent(share: float) -> str:
    """A share of time: '93 %', '0.4 %'."""
    return f"{100 * share:.0f} %" if share >= 0.0995 or share == 0 else f"{100 * share:.1f} %"


def pretty_unit(unit: str) -> str:
    """'m2' as 'm²'."""
    return re.sub(r"\^?3\b", "³", re.sub(r"(?<=[a-z])\^?2\b", "²", unit)) if unit else ""


def rule(violation: Violation) -> str:
    """A violation's rule for people."""
    return violation.rule.replace("_", " ")


MEANINGS: dict[str, str] = {
    "floor": "it reaches beyond the floor",
    "obstacle": "it stands in an obstacle",
    "keep_clear": "it stands where the floor must stay free",
    "fence": "it stands in a guard fence",
    "overlap": "two footprints overlap",
    "service": "floor that a machine needs free at a side is taken, or lies beyond the floor's edge",
    "clearance": "two machines stand closer than the floor's clearance",
    "belt": "a belt crosses something, leaves the floor, is too steep (so much of its length) or narrower than a part",
    "access": "something stands in the way to a port; so much room is missing",
    "door": "a door swings through something; so far must one be moved",
    "lane": "vehicles find no way between stations, or no room at a dock; so much narrower they would have to be",
    "walkway": "no free way leads from the operator side to an exit; so much of its width is missing",
    "gap": "so much is missing to the gap wanted between what moves by power and what stands",
    "separation": "a line of detection is nearer to the arm than S = K T + C by so much",
    "reach": "the arm cannot get its tool to the machine's port; so much is missing",
    "path": "no free way is found for a move of the arm; so much of its direct way is blocked",
    "zone": "two arms share space and one of them has no place to wait outside it",
    "payload": "the part and the tool are heavier than the arm carries",
    "deadlock": "parts wait for one another in a ring, or for a component that can no longer come, for so long",
    **INCIDENTS,
}
"""What each rule means, as a table of violations explains it."""


def amount(violation: Violation) -> str:
    """By how much, with its unit, kept on one line."""
    text = significant(violation.amount)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}\u00a0{pretty_unit(violation.unit)}".strip()


def violation_words(violation: Violation) -> str:
    """'clearance: mill 1, lathe, 0.12 m'."""
    return f"{rule(violation)}: {', '.join(violation.subjects)}, {amount(violation)}"


def verdict_words(verdict: Verdict) -> str:
    """What a short physical run says of a layout: a sentence without its end."""
    if verdict.reason:
        return f"not proved: it could not be run as rigid bodies ({verdict.reason})"
    ran = f"{duration(verdict.until_s)} as rigid bodies"
    if verdict.proved:
        left = f"{verdict.parts} good part{'' if verdict.parts == 1 else 's'} left the line"
        return f"proved over {ran}: nothing went wrong, {left}"
    first = min(verdict.incidents, key=lambda incident: incident.time_s)
    return f"refused after {ran}: after {first.time_s:.1f} s {first.what}"
