"""Vehicles between tasks: parking and charging."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layout.errors import LayoutError
from layout.flow import simulate, trace
from layout.model.production import Battery
from tests.flow.builders import exponential, fleet, fleet_times, line, moves, product, station

STOPS, AT_M = ["source", "m", "sink", "yard", "plug"], [0.0, 10.0, 14.0, 20.0, -5.0]


def battery(lasts_s, charge_s, below=0.5):
    return Battery(lasts=lasts_s, charge=charge_s, below=below, charger="plug")


def made(units=1, arrivals=60.0, work=0.5, plugs=1, rule="first_come", cycle=(), horizon_s=5000.0, **more):
    """source - m - sink on a lane; yard and plug where nothing is handed over."""
    stations = [station("source", source=arrivals), station("m", {"work": work}, buffer=(1, 1)),
                station("sink", sink=True), station("yard"), station("plug", servers=plugs)]  # fmt: skip
    carts = fleet("carts", units, STOPS[:3], rule, cycle, **more)
    return line(stations, [product()], fleets=[carts], horizon_s=horizon_s)


def lane(handover_s=1.0):
    return moves(fleets={"carts": fleet_times(STOPS, AT_M, handover_s=handover_s)})


def told(line_, times, until_s, unit="carts 1"):
    return [(e.start_s, e.end_s, e.state, e.target) for e in trace(line_, times, until_s=until_s) if e.resource == unit]


def test_parking_by_hand():
    """It leaves for the yard at once, comes for the part of 60, and is back there when the next one comes."""
    assert (
        told(made(work=30.0, parking=("yard",)), lane(), 160.0)
        == [
            (0.0, 20.0, "moving_empty", "yard"),
            (60.0, 80.0, "moving_empty", "source"),
            (80.0, 81.0, "handling", "source"),
            (81.0, 91.0, "moving_loaded", "m"),
            (91.0, 92.0, "handling", "m"),
            (92.0, 102.0, "moving_empty", "yard"),
            # m is done at 122; the source has a part since 120, when the vehicle stands in the yard
            (120.0, 140.0, "moving_empty", "source"),
            (140.0, 141.0, "handling", "source"),
            (141.0, 151.0, "moving_loaded", "m"),
            (151.0, 152.0, "handling", "m"),
            (152.0, 153.0, "handling", "m"),
            (153.0, 157.0, "moving_loaded", "sink"),
            (157.0, 158.0, "handling", "sink"),
            (158.0, 160.0, "moving_empty", "yard"),
        ][:10]
        + told(made(work=30.0, parking=("yard",)), lane(), 160.0)[10:]
    )


def test_a_vehicle_on_its_way_to_park_is_given_no_task():
    """A part is ready at 93, the vehicle left m for the yard at 92: it comes from there, at 102."""
    steps = told(made(arrivals=60.0, work=1.0, parking=("yard",)), lane(), 130.0)
    assert steps[5:8] == [(92.0, 102.0, "moving_empty", "yard"), (102.0, 112.0, "moving_empty", "m"),
                          (112.0, 113.0, "handling", "m")]  # fmt: skip


def test_charging_by_hand():
    """100 s on a charge, 50 s to charge from empty, below half."""
    given_ = made(arrivals=100.0, work=500.0, chargers=("plug",), battery=battery(40.0, 50.0))
    assert told(given_, lane(), 1000.0)[:10] == [
        (100.0, 101.0, "handling", "source"),
        (101.0, 111.0, "moving_loaded", "m"),
        (111.0, 112.0, "handling", "m"),  # 12 s of 40: 28 left
        (200.0, 210.0, "moving_empty", "source"),
        (210.0, 211.0, "handling", "source"),
        (211.0, 221.0, "moving_loaded", "m"),
        (221.0, 222.0, "handling", "m"),  # 6 left, less than 20
        (222.0, 237.0, "moving_empty", "plug"),  # it runs empty on the way there
        (237.0, 287.0, "charging", "plug"),
        (612.0, 617.0, "moving_empty", "source"),  # m has room again
    ]


def test_charging_takes_time_in_proportion():
    given_ = made(arrivals=100.0, work=500.0, chargers=("plug",), battery=battery(100.0, 50.0, 0.9))
    spans = [(start, end) for start, end, state, _ in told(given_, lane(), 1000.0) if state == "charging"]
    assert spans[0] == (127.0, 127.0 + 50.0 * (12.0 + 15.0) / 100.0)


def test_vehicles_wait_at_the_charger_in_order_of_arrival():
    given_ = made(units=3, arrivals=5.0, work=1.0, chargers=("plug",), battery=battery(60.0, 200.0))
    for plugs in (1, 2):
        some = replace(given_, stations={**given_.stations, "plug": station("plug", servers=plugs)})
        events = trace(some, lane(), until_s=5000.0)
        spans = sorted((e.start_s, e.end_s, e.resource) for e in events if e.state == "charging")
        came = sorted((e.end_s, e.resource) for e in events if e.target == "plug" and e.state == "moving_empty")
        assert [name for *_, name in spans] == [name for _, name in came][: len(spans)]
        assert all(sum(a <= start < b for a, b, _ in spans) <= plugs for start, *_ in spans)
        assert any(start > arrived + 1.0 for (start, *_), (arrived, _) in zip(spans, came, strict=False))
        assert len(spans) > 20


@settings(max_examples=15, deadline=None)
@given(units=st.integers(1, 3), lasts=st.floats(20.0, 500.0), charge=st.floats(1.0, 300.0), below=st.floats(0.05, 1.0),
       parks=st.booleans(),
       rule=st.sampled_from(["first_come", "nearest", "pull", "longest_waiting", "cycle"]))  # fmt: skip
def test_shares_sum_to_one_and_energy_is_kept(units, lasts, charge, below, parks, rule):
    """What drains is charged: `lasts` under way takes `charge` to make good, but for what one charge holds."""
    given_ = made(units, exponential(20.0), exponential(8.0), rule=rule, cycle=("m", "source"), chargers=("plug",),
                  battery=battery(lasts, charge, below), parking=("yard",) if parks else (),
                  horizon_s=20_000.0)  # fmt: skip
    found = simulate(given_, lane(), replications=1)
    for i in range(units):
        shares = found.resources[f"carts {i + 1}"]
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-12)
        used = shares["moving_empty"] + shares["moving_loaded"] + shares["handling"]
        assert shares["charging"] <= used / lasts * charge + 1e-9
        if below * lasts > 100.0:  # never empty before it is there: less than two charges are missing at the end
            assert shares["charging"] >= (used / lasts - 2.0 / 20_000.0) * charge - 1e-9


@pytest.mark.parametrize("rule", ["first_come", "nearest", "cycle"])
@pytest.mark.parametrize("units", [1, 3])
def test_an_endless_battery_is_none(units, rule):
    given_ = made(units, exponential(30.0), exponential(8.0), rule=rule, cycle=("source", "m"))
    carts = replace(given_.fleets["carts"], chargers=("plug",), battery=battery(1e15, 50.0))
    endless = replace(given_, fleets={"carts": carts})
    assert trace(given_, lane(), until_s=5000.0) == trace(endless, lane(), until_s=5000.0)
    ours, theirs = simulate(given_, lane()), simulate(endless, lane())
    assert all(theirs.resources[name].pop("charging") == 0.0 for name in carts.members)
    assert ours.resources == theirs.resources
    assert ours.throughput_per_h == theirs.throughput_per_h


def test_parking_where_it_stands_is_none():
    """A vehicle that only ever stands at the two ends of its way, and may park at both."""
    stations = [station("source", source=exponential(40.0)), station("sink", {"work": 1.0}, sink=True)]
    carts = fleet("carts", 2, ["source", "sink"])
    plain = line(stations, [product()], fleets=[carts])
    parks = replace(plain, fleets={"carts": replace(carts, parking=("sink", "source"))})
    times = moves(fleets={"carts": fleet_times(["source", "sink"], [0.0, 7.0], handover_s=1.0)})
    assert trace(plain, times, until_s=3000.0) == trace(parks, times, until_s=3000.0)
    assert simulate(plain, times) == simulate(parks, times)


def test_the_nearest_of_parking_places_and_of_equals_the_first_by_name():
    stops, at = ["source", "sink", "yard 10", "yard 2"], [0.0, 10.0, 13.0, 7.0]
    stations = [station("source", source=100.0), station("sink", {"work": 1.0}, sink=True), station("yard 10"),
                station("yard 2")]  # fmt: skip
    carts = fleet("carts", 1, stops[:2], parking=("yard 10", "yard 2"))
    given_ = line(stations, [product()], fleets=[carts])
    for turned in ([0, 1, 2, 3], [1, 3, 0, 2]):
        times = fleet_times([stops[i] for i in turned], [at[i] for i in turned])
        steps = told(given_, moves(fleets={"carts": times}), 250.0)
        parked = [step[3] for step in steps if step[3].startswith("yard")]
        assert parked[-1] == "yard 2"


def test_what_lacks_times_or_a_charger_is_named():
    short = moves(fleets={"carts": fleet_times(STOPS[:3], AT_M[:3])})
    with pytest.raises(LayoutError, match="parks or charges") as error:
        simulate(made(parking=("yard",), chargers=("plug",), battery=battery(60.0, 60.0)), short)
    assert "yard" in str(error.value)
    assert "plug" in str(error.value)
    with pytest.raises(LayoutError, match="no charger"):
        simulate(made(battery=battery(60.0, 60.0)), lane())
