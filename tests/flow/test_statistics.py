"""What is read off a run: lead times, effectiveness, energy, active periods; warm-up, batches, self-checks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from layout.errors import SelfCheckError
from layout.flow import simulate, simulation
from layout.flow.kernel import records
from layout.flow.network import compile_line
from layout.flow.output.checks import check
from layout.flow.output.quantiles import quantile, quantiles
from layout.flow.output.statistics import QUANTILES, measure
from layout.flow.simulation import replicate, run_once
from layout.model.distribution import deterministic
from layout.model.line import Staff
from layout.model.production import Order, Power, Quality, Shift
from tests.flow.builders import (
    arm,
    arm_times,
    belt,
    belt_times,
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
    timed,
)


def queue(mean_s=1.0, **time):
    """M/M/1 with an arrival every 2 s."""
    made = station("m", {"work": exponential(mean_s)}, source=exponential(2.0), sink=True)
    return line([made], [product(sources=["m"], sinks=["m"])], **time)


def test_quantiles_are_numpys():
    values = np.sort(np.random.default_rng(1).random(77))
    for q in (0.0, 0.05, 0.5, 0.95, 1.0):
        assert quantile(values, q) == pytest.approx(np.quantile(values, q), rel=1e-12)
    assert math.isnan(quantile(values[:0], 0.5))


@pytest.mark.parametrize("n", [9_999, 10_000, 10_001, 12_345])
@pytest.mark.parametrize("kind", ["times", "whole", "alike", "far apart"])
def test_quantiles_of_many_lead_times_are_those_of_all_sorted(n, kind):
    random = np.random.default_rng(n)
    values = {
        "times": random.exponential(30.0, n),
        "whole": random.integers(0, n // 2, n).astype(float),
        "alike": np.full(n, 7.5),
        "far apart": np.where(random.random(n) < 0.5, 0.0, 1e6 * random.random(n)),
    }[kind]
    wanted = (0.0, *QUANTILES, 1.0)
    assert quantiles(values, wanted) == tuple(quantile(np.sort(values), q) for q in wanted)


def test_lead_times_of_a_queue():
    """M/M/1: the time in system is exponential with mean 1 / (mu - lambda) = 2 s."""
    found = simulate(queue(horizon_s=40_000.0, warmup_s=200.0, replications=10), moves())
    for q, estimate in found.lead_time_quantiles_s.items():
        assert estimate.low <= -2.0 * math.log(1 - q) <= estimate.high
    assert found.lead_time_s.low <= 2.0 <= found.lead_time_s.high


def test_every_departure_is_logged():
    made = serial([exponential(1.0)] * 3, 2, horizon_s=3000.0, warmup_s=100.0)
    world, _ = run_once(compile_line(made, moves()), 1, 0, 3000.0, 100.0, 64)
    gone, run = world.departures, world.run[0]
    assert gone.size == run["left"]
    assert np.count_nonzero(gone["time"] > 100.0) == run["left_counted"]
    assert gone["lead"][gone["time"] > 100.0].sum() == pytest.approx(run["lead"], rel=1e-12)
    assert (np.diff(gone["time"]) >= 0).all()


@pytest.mark.parametrize("room", [1, 8, 50])
def test_a_run_goes_on_with_a_longer_log(monkeypatch, room):
    made = serial([exponential(1.0)] * 3, 2, horizon_s=2000.0, warmup_s=100.0)
    whole = simulate(made, moves())
    monkeypatch.setattr(simulation, "FIRST_LOG", room)
    assert simulate(made, moves()) == whole


def test_effectiveness_by_hand():
    """Every 10 s a part: 4 s of work, and doors 0.5 s + 0.5 s: APT / PBT = 5 / 10, PRI x PQ / APT = 4 / 5."""
    stations = [station("in", source=10.0), station("m", {"work": 4.0}, sink=True)]
    made = line(stations, [product(sources=["in"], sinks=["m"])], links=[link("in", "m")], horizon_s=1000.0)
    found = simulate(made, moves(doors={"m": (0.5, 0.5)})).effectiveness
    assert set(found) == {"m"}
    oee = found["m"]
    assert [e.mean for e in (oee.availability, oee.effectiveness, oee.quality, oee.oee)] == pytest.approx(
        [0.5, 0.8, 1.0, 0.4], abs=0.01
    )


def test_effectiveness_counts_parts_that_are_no_good():
    made = serial([deterministic(5.0)], horizon_s=1000.0)
    network = compile_line(made, moves())
    world, _ = run_once(network, 1, 0, 1000.0, 0.0, 64)
    world.stations["scrapped"], world.stations["reworked"] = 20, 30
    found = measure(network, world).stations["m1"].effectiveness
    assert found == pytest.approx((1.0, 1.0, 0.75, 0.75))


def test_an_idle_station_has_no_effectiveness():
    stations = [station("in", source=10_000.0), station("m", {"work": 4.0}, sink=True)]
    made = line(stations, [product(sources=["in"], sinks=["m"])], links=[link("in", "m")], horizon_s=1000.0)
    assert simulate(made, moves()).effectiveness == {}


def test_orders_that_are_due():
    """Four parts that come together, 5 s each, due after 12 s: they leave at 5, 10, 15 and 20 s."""
    made = serial([5.0], source=1e9, horizon_s=100.0)
    orders = (Order(at_s=0.0, product="part", number=4, due_s=12.0),)
    made = replace(made, stations={"m1": replace(made.stations["m1"], arrivals=None, schedule=orders)})
    found = simulate(made, moves())
    assert (found.on_time.mean, found.tardiness_s.mean) == (0.5, 2.75)
    assert found.samples["on_time"] == (0.5, 0.5)


def test_scrap_lowers_the_quality():
    made = serial([1.0, 0.5], horizon_s=4000.0, replications=10)
    scrapping = replace(made.stations["m1"], quality={"op1": Quality(scrap=0.25)})
    found = simulate(replace(made, stations={**made.stations, "m1": scrapping}), moves())
    quality = found.effectiveness["m1"].quality
    assert quality.low <= 0.75 <= quality.high
    assert found.effectiveness["m2"].quality.mean == 1.0
    assert found.scrap_per_h.mean == pytest.approx(3600 * (1 - quality.mean), abs=1.0)
    assert found.throughput_per_h.mean == pytest.approx(3600 * quality.mean, abs=1.0)


def test_deadlines():
    network = compile_line(serial([deterministic(5.0)], horizon_s=100.0), moves())
    world, _ = run_once(network, 1, 0, 100.0, 0.0, 64)
    assert math.isnan(measure(network, world).on_time)
    world.departures["late"][:4] = [-3.0, 0.0, 2.0, 8.0]
    network = replace(network, world=network.world._replace(orders=np.zeros(1, records.ORDER)))
    found = measure(network, world)
    assert (found.on_time, found.tardiness_s) == (0.5, 2.5)


def test_scrap_and_joined_parts_have_no_lead_time():
    network = compile_line(serial([deterministic(5.0)], horizon_s=101.0), moves())
    world, _ = run_once(network, 1, 0, 101.0, 0.0, 64)
    world.departures["kind"][:3] = [records.SCRAPPED, records.SCRAPPED, records.JOINED]
    world.departures["lead"][:3] = 1000.0
    world.run["scrapped"], world.run["joined"] = 2, 1
    found = measure(network, world)
    assert found.scrap_per_h == pytest.approx(2 * 3600 / 101)
    assert found.lead_time_quantiles_s[2] == 5.0


def test_energy_by_hand():
    """The station works 4 of 10 s at 1 kW and waits at 100 W; the arm moves 2 + 2 of 10 s at 500 W, waits at 50 W."""
    stations = [station("in", source=10.0), station("m", {"work": 4.0}, sink=True)]
    made = line(stations, [product(sources=["in"], sinks=["m"])], arms=[arm("r", ["in", "m"])], horizon_s=36_000.0)
    made = replace(
        made,
        stations={**made.stations, "m": replace(made.stations["m"], power=Power(working_w=1000.0, idle_w=100.0))},
        arms={"r": replace(made.arms["r"], power=Power(working_w=500.0, idle_w=50.0))},
    )
    found = simulate(made, moves({"r": arm_times(["in", "m"], [0.0, 2.0])}))
    expected_kw = (0.4 * 1000 + 0.6 * 100 + 0.4 * 500 + 0.6 * 50) / 1000
    assert found.energy_kwh_per_h.mean == pytest.approx(expected_kw, rel=1e-3)
    assert found.energy_kwh_per_part.mean == pytest.approx(expected_kw / 360, rel=2e-3)
    assert simulate(serial([1.0], horizon_s=100.0), moves()).energy_kwh_per_h is None


def test_active_periods_by_hand():
    """6 s of work, then 3 s: the first never waits, the second works 3 of every 6 s."""
    made = serial([6.0, 3.0], horizon_s=6006.0, warmup_s=6.0)
    found = simulate(made, moves())
    assert found.active_period_s == pytest.approx({"m1": 6000.0, "m2": 3.0})
    assert found.bottleneck == "m1"


def test_working_and_down_are_one_active_period():
    mode = {"stop": failure(deterministic(2.5), deterministic(1.0))}
    found = simulate(serial([1.0, 0.5], failures={0: mode}, horizon_s=3000.0), moves())
    assert found.active_period_s["m1"] == pytest.approx(3000.0)
    assert found.active_period_s["m2"] == pytest.approx(0.5, rel=1e-3)


def test_a_busy_fleet_is_named_by_its_busiest_vehicle():
    stations = [station("in", source="saturated"), station("m", {"work": 1.0}, buffer=(2, 0), sink=True)]
    made = line(stations, [product(sources=["in"], sinks=["m"])], fleets=[fleet("carts", 2, ["in", "m"])],
                horizon_s=4000.0)  # fmt: skip
    found = simulate(made, moves(fleets={"carts": fleet_times(["in", "m"], [0.0, 20.0])}))
    assert found.bottleneck in ("carts 1", "carts 2")
    assert found.active_period_s["carts 1"] == pytest.approx(4000.0, rel=0.01)


def test_shares_come_with_intervals():
    found = simulate(serial([exponential(1.0)] * 3, 2, horizon_s=3000.0, replications=6), moves())
    for name, shares in found.shares.items():
        assert sum(share.mean for share in shares.values()) == pytest.approx(1.0)
        assert found.resources[name] == {state: share.mean for state, share in shares.items()}
    share = found.shares["m2"]["working"]
    assert 0 < share.half_width < 0.1
    assert share.mean == pytest.approx(np.mean(found.samples["share.m2.working"]))
    assert found.samples["throughput"] == found.samples_per_h
    assert found.replications == len(found.samples_per_h) == 6


def far_apart(**time):
    """Two machines, and a belt of 1,500 s between them."""
    stations = [station("a", {"first": exponential(1.0)}, source="saturated"),
                station("z", {"last": exponential(0.5)}, buffer=(5, 0), sink=True)]  # fmt: skip
    made = line(
        stations, [product(route=["first", "last"], sources=["a"], sinks=["z"])], belts=[belt("a", "z")], **time
    )
    return made, moves(belts={"a~z": belt_times(1500.0, 10_000)})


def test_warmup_is_found():
    """Parts are 1,500 s on a belt before the first one leaves."""
    made, times = far_apart(horizon_s=8000.0, warmup_s=None, replications=4)
    found = simulate(made, times)
    assert 1500.0 <= found.warmup_s <= 1700.0
    assert found.warmup_by == "MSER-5"
    assert not found.warnings
    assert found == replace(simulate(timed(made, warmup_s=found.warmup_s), times), warmup_by="MSER-5")


def test_a_warmup_that_takes_too_long_is_told():
    found = simulate(*far_apart(horizon_s=2000.0, warmup_s=None, replications=4))
    assert found.warmup_s == 1000.0
    assert "no steady state" in found.warnings[0]


def test_one_long_run_agrees_with_replications():
    several = simulate(serial([exponential(1.0)] * 3, 2, horizon_s=20_100.0, warmup_s=100.0, replications=10), moves())
    one = simulate(serial([exponential(1.0)] * 3, 2, horizon_s=200_100.0, warmup_s=100.0, replications=1), moves())
    assert one.replications == 1
    assert one.batches >= 20
    for mine, theirs in [(one.throughput_per_h, several.throughput_per_h), (one.lead_time_s, several.lead_time_s),
                         (one.wip, several.wip), (one.by_product["part"], several.by_product["part"]),
                         *zip(one.lead_time_quantiles_s.values(), several.lead_time_quantiles_s.values(), strict=True),
                         ]:  # fmt: skip
        assert abs(mine.mean - theirs.mean) < mine.half_width + theirs.half_width
        assert 0.3 < mine.half_width / theirs.half_width < 3
    assert math.isinf(one.shares["m1"]["working"].half_width)


def test_batches_add_up_to_the_run():
    """Means of the batches are the run's own figures: nothing falls between them."""
    made = serial([exponential(1.0)] * 3, 2, horizon_s=10_100.0, warmup_s=100.0, replications=1)
    world, _ = run_once(compile_line(made, moves()), 1, 0, 10_100.0, 100.0, 64)
    from layout.flow.output.summary import _stays

    area = np.diff(_stays(world, np.linspace(100.0, 10_100.0, 31)))
    assert area.sum() == pytest.approx(world.run["wip_area"][0], rel=1e-9)


def test_a_short_run_has_no_batches():
    found = simulate(serial([exponential(1.0)] * 3, 2, horizon_s=100.0, replications=1), moves())
    assert found.batches == 0
    assert math.isinf(found.throughput_per_h.half_width)
    assert "parts left in the one run" in found.warnings[0]


def test_replications_until_the_interval_is_narrow_enough():
    made = serial([exponential(1.0)] * 3, 2, horizon_s=2000.0, warmup_s=100.0, replications=3)
    found = simulate(timed(made, until=0.01), moves())
    assert found.throughput_per_h.half_width <= 0.01 * found.throughput_per_h.mean
    assert found.replications > 3
    before = simulate(made, moves(), replications=found.replications - 1).throughput_per_h
    assert before.half_width > 0.01 * before.mean
    stopped = simulate(timed(made, until=0.0001, at_most=5), moves())
    assert stopped.replications == 5
    assert "5 replications" in stopped.warnings[0]
    assert simulate(timed(made, until=0.01), moves(), replications=4).replications == 4


def broken(**changes):
    [run] = replicate(serial([exponential(1.0)] * 2, 1, horizon_s=500.0), moves())
    check(run, 500.0)
    return run._replace(**{name: change(run) for name, change in changes.items()})


def test_self_checks_name_what_is_wrong():
    bad = broken(
        wip=lambda run: run.wip * (1 + 1e-5),
        left=lambda run: run.left + 1,
        shares=lambda run: {**run.shares, "m1": {**run.shares["m1"], "down": 1e-6}},
    )
    with pytest.raises(SelfCheckError) as caught:
        check(bad, 500.0)
    assert len(caught.value.problems) == 3
    for words in ("Little's law", "flow conservation", "shares of 'm1'"):
        assert words in str(caught.value)


@pytest.mark.parametrize("field", ["scrapped", "joined", "inside", "entered"])
def test_one_part_lost_is_noticed(field):
    with pytest.raises(SelfCheckError, match="flow conservation"):
        check(broken(**{field: lambda run: getattr(run, field) + 1}), 500.0)


def test_availability_is_never_more_than_1_by_rounding():
    """The working time of servers that never wait is a sum of spells; their window is one number."""
    for time_s in (1.51, 1.88, 4.1, 5.95):
        made = serial([time_s], horizon_s=3011.3, warmup_s=101.9, replications=1)
        two = replace(made, stations={"m1": replace(made.stations["m1"], servers=2)})
        for each in (two, replace(two, stations={"m1": replace(two.stations["m1"], shift=SHIFT)})):
            assert 1 - 1e-9 <= simulate(each, moves()).effectiveness["m1"].availability.mean <= 1.0


SHIFT = Shift(on=((0, 333.3),), every=1000)


def test_nothing_leaves_and_says_so():
    """Too short a horizon; nobody to run a machine; all thrown away; a source that gives nothing yet."""
    short = serial([2.0, 5.0], horizon_s=6.0)
    late = {"a": Staff("a", 1, runs=("m2",), shift=Shift(on=((3000.0, 4000.0),), every=4000.0))}
    bad = replace(serial([2.0, 5.0]).stations["m2"], quality={"op2": Quality(scrap=1.0)})
    row = serial([2.0, 5.0], horizon_s=600.0)
    for made, words in (
        (short, "from 0 s to 6 s: none was done by then"),
        (replace(row, staff=late), "none was done by then"),
        (replace(row, stations={**row.stations, "m2": bad}), "parts were thrown away"),
        (serial([2.0, 5.0], source=deterministic(700.0), horizon_s=600.0), "none came in"),
    ):
        found = simulate(made, moves())
        assert found.throughput_per_h.mean == 0.0 and [words in said for said in found.warnings] == [True], words
    assert simulate(row, moves()).warnings == ()
