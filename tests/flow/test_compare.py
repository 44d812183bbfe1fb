"""Differences by pairs, and what a little more speed brings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from layout.errors import LayoutError
from layout.flow import compare, sensitivity, simulate
from layout.model.line import Staff
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
    exponential,
    fleet,
    fleet_times,
    line,
    link,
    moves,
    product,
    serial,
    station,
    timed,
)

TIME = {"horizon_s": 3000.0, "warmup_s": 200.0, "replications": 8}


@pytest.fixture(scope="module")
def results():
    rows = {"even": (1.0, 1.0, 1.0), "quicker": (1.0, 0.97, 1.0), "slower": (1.0, 1.2, 1.0)}
    return {n: simulate(serial([exponential(t) for t in times], 2, **TIME), moves()) for n, times in rows.items()}


def test_pairs_are_scipys(results):
    found = compare({name: results[name] for name in ("even", "quicker")}, ["lead_time"], 0.9)
    before, after = (np.array(results[name].samples["lead_time"]) for name in ("even", "quicker"))
    paired = stats.ttest_rel(after, before).confidence_interval(0.9)
    assert (found[0].difference.low, found[0].difference.high) == pytest.approx((paired.low, paired.high), rel=1e-9)
    assert (found[0].first, found[0].second) == ("even", "quicker")


def test_several_pairs_are_corrected_for(results):
    found = compare(results, ["throughput"], 0.95)
    assert [(d.first, d.second) for d in found] == [("even", "quicker"), ("even", "slower"), ("quicker", "slower")]
    assert all(d.difference.level == pytest.approx(1 - 0.05 / 3) for d in found)


def test_small_differences_are_seen_through_common_random_numbers(results):
    quicker, slower, _ = compare(results, ["throughput"])
    assert quicker.real
    assert quicker.difference.mean > 0
    assert quicker.variance_reduction > 0.9
    assert slower.real
    assert slower.difference.mean < 0
    apart = math.hypot(*(results[n].throughput_per_h.half_width for n in ("even", "quicker")))
    assert quicker.difference.half_width < apart / 3


def test_no_difference_is_not_real(results):
    found = compare({"a": results["even"], "b": results["even"]})
    assert found
    assert not any(d.real for d in found)


def test_what_was_not_measured_is_not_compared(results):
    assert {d.measure for d in compare(results)}.isdisjoint({"energy", "on_time"})


def test_only_pairs_can_be_compared(results):
    with pytest.raises(LayoutError, match="at least two"):
        compare({"a": results["even"]})
    fewer = simulate(serial([1.0], **{**TIME, "replications": 3}), moves())
    with pytest.raises(LayoutError, match="cannot be paired"):
        compare({"a": results["even"], "b": fewer})


def test_only_the_slowest_machine_counts_where_nothing_is_random():
    made = serial([2.0, 4.0, 3.0], 1, horizon_s=41_000.0, warmup_s=1000.0)
    found = sensitivity(made, moves(), step=0.01)
    assert found[0].resource == "m2"
    assert {g.resource: g.per_h.mean for g in found} == pytest.approx({"m1": 0.0, "m2": 9.0, "m3": 0.0}, abs=0.2)


def test_the_middle_of_an_even_row_counts_most():
    found = sensitivity(serial([exponential(1.0)] * 3, 0, **TIME), moves())
    assert found[0].resource == "m2"
    assert found[0].per_h.low > 0


@pytest.mark.parametrize("kind", ["arm", "fleet", "belt"])
def test_transport_that_limits_counts(kind):
    stations = [station("in", source="saturated"), station("m", {"work": 1.0}, buffer=(1, 0), sink=True)]
    names, at_m = ["in", "m"], [0.0, 5.0]
    given = {
        "arm": ({"arms": [arm("t", names)]}, moves({"t": arm_times(names, at_m)})),
        "fleet": ({"fleets": [fleet("t", 1, names)]}, moves(fleets={"t": fleet_times(names, at_m)})),
        "belt": ({"belts": [belt("in", "m", "t")]}, moves(belts={"t": belt_times(20.0, spacing_s=10.0)})),
    }
    more, times = given[kind]
    made = line(stations, [product(sources=["in"], sinks=["m"])], horizon_s=101_000.0, warmup_s=1000.0, **more)
    found = {gain.resource: gain.per_h.mean for gain in sensitivity(made, times, step=0.02)}
    assert found == pytest.approx({"t": 360.0 * 0.02, "m": 0.0}, abs=0.1)


def test_unknown_resources_are_named():
    with pytest.raises(LayoutError, match="nothing to make faster"):
        sensitivity(serial([1.0], **TIME), moves(), ["m9"])


def test_one_run_alone_gives_no_interval():
    made = timed(serial([exponential(1.0)] * 2, **TIME), replications=1)
    [gain] = sensitivity(made, moves(), ["m1"])
    assert math.isinf(gain.per_h.half_width)


def test_links_are_nobodys_speed():
    stations = [station("in", source="saturated"), station("m", {"work": 1.0}, sink=True)]
    made = line(stations, [product(sources=["in"], sinks=["m"])], links=[link("in", "m", 3.0)], **TIME)
    assert [gain.resource for gain in sensitivity(made, moves())] == ["m"]


def test_one_more_person_where_people_limit():
    """One person tends two machines of 10 s in turn: two of them would make twice as much, a third nothing more."""
    stations = [station(name, {"work": 10.0}, source="saturated", sink=True) for name in ("m1", "m2")]
    part = product(route=["work"], sources=["m1", "m2"], sinks=["m1", "m2"])
    for number, gained in ((1, 360.0), (2, 0.0)):
        made = line(stations, [part], staff=[Staff("crew", number, runs=("m1", "m2"))], horizon_s=36_000.0)
        found = {gain.resource: gain for gain in sensitivity(made, moves())}
        assert set(found) == {"m1", "m2", "crew"}
        assert (found["crew"].of, found["crew"].step, found["m1"].of) == ("people", 1.0, "speed")
        assert found["crew"].per_h.mean == pytest.approx(gained, abs=0.2)
    assert found["m1"].per_h.mean == pytest.approx(3.6, abs=0.2)
