"""What can be said of a line before anything is run: parts that rigid bodies refuse wherever things stand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layout.errors import Problem
    from layout.model.line import Line
    from layout.model.scenario import Scenario


def misfits(line: Line, file: Path) -> list[Problem]:
    """Parts that a belt brings to a place too short for them: among rigid bodies they stop before it."""
    from layout.errors import Problem
    from layout.feasibility.riders import long_parts

    hint = "choose a station with more room behind its port for arms, or a shorter part"
    return [
        Problem(
            f"'{product}' is {1000 * amount:.0f} mm too long for where it stops: rigid bodies refuse such a layout",
            file=str(file), where=f"machines.{station}", value=line.stations[station].model.name, hint=hint,
        )
        for (station, product), amount in long_parts(line)
        if amount > 0.0
    ]  # fmt: skip


def line_of(scenario: Scenario, *, most: bool = False) -> Line:
    """The line as the start has it; where there is none, machines packed along the flow.

    most : all machines that may be bought stand there
    """
    from layout.model.line import Layout
    from layout.model.quantities import Range
    from layout.model.realise import realise

    if scenario.variables and scenario.start is None and not most:
        from layout.search.plane.sampler import sampler_of

        return realise(scenario, sampler_of(scenario, scenario.spec.time.seed).packing())
    values: dict[str, Any] = {}
    for variable in scenario.variables:
        domain = variable.domain
        values[variable.name] = (domain.low + domain.high) / 2 if isinstance(domain, Range) else domain.options[0]
    values |= scenario.start or {}
    if most:
        for variable in scenario.variables:
            if variable.field == "count" and not isinstance(variable.domain, Range):
                values[variable.name] = max(variable.domain.options)
    return realise(scenario, Layout(values))
