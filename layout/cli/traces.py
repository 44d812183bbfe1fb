"""What `layout evaluate` writes of one simulated run: its event log, and a chart of one hour."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from layout.model.results import Evaluation
from layout.model.scenario import Scenario


def writer(trace: Path | None) -> Callable[[Scenario, Evaluation, int | None], list[Path]]:
    """Check what is asked for before anything slow is done; the function that then writes it, and returns the paths.

    Raises LayoutError where it can't be written there.
    """
    from layout.files.event_log import targets, write_log

    if trace is not None:
        targets(trace)

    def write(scenario: Scenario, evaluation: Evaluation, seed: int | None) -> list[Path]:
        from layout import flow
        from layout.model.realise import realise

        if trace is None or evaluation.flow is None or evaluation.moves is None:
            return []
        line = realise(scenario, evaluation.layout)
        events = flow.trace(line, evaluation.moves, seed=seed, until_s=line.time.horizon_s)
        return list(write_log(trace, line, events))

    return write
