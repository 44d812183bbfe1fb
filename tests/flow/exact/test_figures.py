"""Which analytic figure applies to which line, and that it is the simulation's."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace

import pytest

from layout.flow import bound, simulate
from layout.flow.exact import figures, queues, recognise
from layout.flow.exact.figures import analyse
from layout.model.distribution import Distribution
from layout.model.line import Line, LineProduct, Staff, Station
from layout.model.production import Quality, Shift
from tests.flow.builders import (
    arm,
    arm_times,
    exponential,
    failure,
    fleet,
    fleet_times,
    line,
    link,
    moves,
    product,
    serial,
    station,
)
from tests.reference import flow_values as values

LONG = {"horizon_s": 202_000.0, "warmup_s": 2_000.0, "replications": 6, "level": 0.999}
STOP = {"stop": failure(exponential(100.0), exponential(10.0))}
ERLANG = Distribution("erlang", (1.0, 2))
CALENDAR = {"stop": failure(exponential(100.0), exponential(10.0), "calendar")}


def failing(count, mode):
    return dict.fromkeys(range(count), mode)


EXACT = {
    "two exponential machines": serial([exponential(1.0), exponential(0.8)], 2, **LONG),
    "two machines, Markov": serial([ERLANG, exponential(1.0)], 1, failures=failing(2, STOP), **LONG),
    "Markov chain": serial([exponential(1.0), ERLANG, exponential(0.9)], [1, 2], failures={1: STOP}, **LONG),
    "Markov chain of": serial([exponential(1.0)] * 2, 1, failures=failing(2, CALENDAR), **LONG),
    "fixed times": serial([1.0, 2.0, 1.5], [0, 3], **LONG),
    "never waits": serial([Distribution("lognormal", (1.0, 0.8))], [], failures={0: CALENDAR}, **LONG),
}


@pytest.mark.parametrize("method", EXACT)
def test_exact_figures_lie_in_the_interval(method):
    figure = analyse(EXACT[method], moves()).figure
    assert figure is not None and figure.exact and method in figure.method and figure.source
    found = simulate(EXACT[method], moves()).throughput_per_h
    assert figure.per_h == pytest.approx(found.mean, abs=max(found.half_width, 1e-6))
    assert figure.per_h <= bound(EXACT[method], moves()) * (1 + 1e-9)


APPROXIMATE = {
    "exponential, long": serial([exponential(1.0)] * 8, 4, **LONG),
    "exponential, failing": serial([exponential(1.0)] * 8, 5, failures=failing(8, STOP), **LONG),
    "fixed times, failing": serial([1.0] * 5, 8, failures=failing(5, STOP), **LONG),
    "lognormal, failing": serial([Distribution("lognormal", (m, 0.7)) for m in (1.0, 0.8, 1.1)], 4,
                                 failures=failing(3, STOP), **LONG),
}  # fmt: skip


@pytest.mark.parametrize("what", APPROXIMATE)
def test_approximate_figures_say_so_and_are_near(what):
    figure = analyse(APPROXIMATE[what], moves()).figure
    assert figure is not None and not figure.exact and "decomposition" in figure.method
    assert figure.per_h == pytest.approx(simulate(APPROXIMATE[what], moves()).throughput_per_h.mean, rel=0.04)


def test_docks_at_the_ends_change_nothing():
    stations = [
        station("in", source="saturated"), station("a", {"x": exponential(1.0)}, buffer=(3, 0)),
        station("b", {"y": exponential(1.0)}, buffer=(1, 0)), station("out", sink=True),
    ]  # fmt: skip
    made = line(stations, [product(route=["x", "y"], sources=["in"], sinks=["out"])],
                links=[link("in", "a"), link("a", "b"), link("b", "out")])  # fmt: skip
    figure = analyse(made, moves()).figure
    assert figure is not None and figure.per_h == pytest.approx(3600 * 0.75)


@pytest.mark.parametrize(
    ("service", "servers", "gap", "whole"),
    [(exponential(1.0), 1, 1.25, 5.0), (1.0, 1, 1.25, 3.0),
     (exponential(1.0), 2, 0.625, queues.poisson_exponential(1.6, 1.0, 2).whole)],
)  # fmt: skip
def test_queues(service, servers, gap, whole):
    one = [station("m", {"work": service}, source=exponential(gap), sink=True, servers=servers)]
    made = line(one, [product(sources=["m"], sinks=["m"])], **LONG)
    figure = analyse(made, moves()).figure
    assert figure is not None and figure.exact
    assert (figure.per_h, figure.lead_time_s) == (pytest.approx(3600 / gap), pytest.approx(whole))
    found = simulate(made, moves()).lead_time_s
    assert figure.lead_time_s == pytest.approx(found.mean, abs=found.half_width)


def test_fleet_that_shuttles():
    names = ["a", "z"]
    stations = [station("a", source="saturated", servers=9), station("z", sink=True)]
    made = line(stations, [product(route=[], sources=["a"], sinks=["z"])], fleets=[fleet("carts", 3, names)])
    times = moves(fleets={"carts": fleet_times(names, [0.0, 10.0], handover_s=2.0)})
    figure = analyse(made, times).figure
    assert figure is not None and figure.exact and figure.per_h == pytest.approx(3 * 3600 / 24)
    assert figure.per_h == pytest.approx(bound(made, times))
    assert "not known" in analyse(made, moves()).reason


def pallets(number, **load):
    """The reference's docks and travel as a loop of carriers: load, unload, and links for the way; min as s."""
    loading, unloading = (exponential(60 * m) for m in values.DOCKS_MIN)
    room = {"pallet": number}
    stations = [
        station("load", {"load": {"part": loading}}, source="saturated", inlets=room, **load),
        station("unload", {"unload": {"part": unloading}}, sink=True, buffer=(number, 0)),
    ]
    part = product(route=["load", "unload"], sources=["load"], sinks=["unload"],
                   components={"load": {"pallet": 1}}, releases={"unload": {"pallet": 1}})  # fmt: skip
    pallet = product("pallet", [], share=0.0, sources=["unload"], sinks=["load"], joined=True, released=True,
                     circulates=number)  # fmt: skip
    way = 30 * values.TRAVEL_MIN
    return line(stations, [part, pallet], links=[link("load", "unload", way), link("unload", "load", way)])


@pytest.mark.parametrize("number", values.FLEET_ROUNDS_PER_H)
def test_carriers_in_a_loop(number):
    figure = analyse(pallets(number), moves()).figure
    assert figure is not None and figure.exact
    assert figure.per_h == pytest.approx(values.FLEET_ROUNDS_PER_H[number], abs=5.1e-7)
    assert figure.per_h <= bound(pallets(number), moves()) * (1 + 1e-9)


def spoiled(**changes):
    made = serial([exponential(1.0)] * 3, 1)
    return replace(made, stations={**made.stations, "m2": replace(made.stations["m2"], **changes)})


SHIFT = Shift(on=((0.0, 100.0),))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (spoiled(quality={"op2": Quality(scrap=0.1)}), "'m2' uses 'quality'"),
        (spoiled(blocking="before"), "'m2' uses 'blocking'"),
        (spoiled(shift=SHIFT), "'m2' uses 'shift'"),
        (spoiled(servers=2), "several servers"),
        (replace(spoiled(), staff={"a": Staff("a", 1, ("m1",))}), "the line uses 'people'"),
        (serial([1.0, exponential(1.0)], link_s=3.0), "carries parts"),
        (serial([exponential(1.0)] * 2, source=exponential(2.0)), "arrive"),
        (serial([Distribution("uniform", (0.9, 1.1))] * 3, 1), "vary too little"),
        (serial([1.0] * 3, 1, failures=failing(3, CALENDAR)), "by the calendar"),
        (pallets(2, failures=STOP), "or fails"),
    ],
)
def test_what_is_not_modelled_is_refused_with_a_reason(made, reason):
    analysis = analyse(made, moves())
    assert analysis.figure is None and reason in analysis.reason


def test_arms_and_doors_are_refused():
    made = serial([exponential(1.0)] * 2, 1)
    assert "doors" in analyse(made, moves(doors={"m2": (1.0, 1.0)})).reason
    served = replace(made, links={}, arms={"r": arm("r", ["m1", "m2"])})
    assert "'r' carries" in analyse(served, moves({"r": arm_times(["m1", "m2"], [0.0, 1.0])})).reason


@pytest.mark.parametrize(("kind", "known"), [(Station, recognise._STATION), (LineProduct, recognise._PRODUCT),
                                             (Line, recognise._LINE)])  # fmt: skip
def test_fields_that_are_not_known_have_defaults_to_be_checked_against(kind, known):
    names = {field.name for field in fields(kind)}
    assert known <= names
    for field in fields(kind):
        assert field.name in known or field.default is not MISSING or field.default_factory is not MISSING, field.name


def test_a_chain_too_large_is_decomposed(monkeypatch):
    made = serial([exponential(1.0)] * 4, 2)
    exact = analyse(made, moves()).figure
    monkeypatch.setattr(figures, "MOST_STATES", 20)
    near = analyse(made, moves()).figure
    assert exact.exact and not near.exact
    assert near.per_h == pytest.approx(exact.per_h, rel=0.02)
