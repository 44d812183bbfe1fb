"""Proofs as made up, for workers to import: what physics says depends on the layout alone."""

from __future__ import annotations

import json
import os

from layout.model.line import Layout
from layout.model.physical import Incident, Verdict
from layout.model.scenario import Scenario
from layout.rollout.waits import Driving
from layout.search.proving import Judgement

REFUSED = "LAYOUT_TEST_REFUSED"
TIPPED = Incident(3.25, "tipped", ("belt",), (1.0, 2.0, 0.9), 31.0, "deg", "the belt is too fast", 4, "bracket", 20.0)


def name(layout: Layout) -> str:
    """The same for equal layouts only."""
    return json.dumps(layout.values, sort_keys=True)


def refuses_named(scenario: Scenario, layout: Layout, window_s: float, seed: int, driven: Driving) -> Judgement:
    """Refuses the layouts named in the environment."""
    if name(layout) in json.loads(os.environ[REFUSED]):
        return Judgement(Verdict(4.0, 0, (TIPPED,)), {})
    return Judgement(Verdict(window_s, 3), {})


def refuses_all(scenario: Scenario, layout: Layout, window_s: float, seed: int, driven: Driving) -> Judgement:
    return Judgement(Verdict(4.0, 0, (TIPPED, TIPPED)), {})


def doors_take_longer(scenario: Scenario, layout: Layout, window_s: float, seed: int, driven: Driving) -> Judgement:
    return Judgement(Verdict(window_s, 3), {("close", "cnc_mill"): 20.0, ("open", "cnc_mill"): 20.0})


def breaks(scenario: Scenario, layout: Layout, window_s: float, seed: int, driven: Driving) -> Judgement:
    raise ZeroDivisionError("by nothing")
