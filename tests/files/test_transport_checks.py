"""Cycles, parking places and chargers in a scenario: what cannot be meant, and one that can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layout.errors import ScenarioError
from layout.files.scenario import load_scenario
from layout.flow import simulate, unconnected
from layout.model.line import Layout
from layout.model.realise import realise
from layout.motion import straight_line
from tests.files.library import SCENARIO

Write = Callable[[str], Path]
EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
RULE = "dispatch: {choose: [first_come, nearest]}"

# instead of the rule, text of the line that is blamed, dotted path, words in the finding or its hint
BAD = [
    ("dispatch: cycle", "cycle", "transport.tender.dispatch", "add `cycle: [infeed, mill, ...]`"),
    ("dispatch: {choose: [pull, cycle]}", "cycle", "transport.tender.dispatch", "machines it goes round"),
    ("dispatch: pull\n    cycle: [infeed, mill]", "cycle:", "transport.tender.cycle", "add `dispatch: cycle`"),
    ("dispatch: cycle\n    cycle: [infeed, mil]", "mil]", "transport.tender.cycle[1]", "did you mean 'mill'"),
    ("dispatch: cycle\n    cycle: [infeed, outfeed]", "outfeed]", "transport.tender.cycle[1]", "from a sink"),
]


@pytest.mark.parametrize(("new", "blamed", "where", "words"), BAD)
def test_cycles_that_cannot_be_meant(write: Write, new: str, blamed: str, where: str, words: str) -> None:
    assert RULE in SCENARIO
    path = write(SCENARIO.replace(RULE, new))
    with pytest.raises(ScenarioError) as error:
        load_scenario(path)
    (found,) = (p for p in error.value.problems if p.where == where)
    assert words in str(found)
    assert blamed in path.read_text().splitlines()[(found.line or 0) - 1]


def shop(tmp_path: Path, fleet: str = "", machines: str = "") -> Path:
    """The job shop of the experiments with vehicles that park and charge."""
    text = (EXPERIMENTS / "job_shop_amr.yaml").read_text()
    for old, more in (("\ntransport:\n", machines), ("    kind: vehicle\n", fleet)):
        assert text.count(old) == 1
        text = text.replace(old, f"\n{more}transport:\n" if more and old.startswith("\n") else old + more)
    path = tmp_path / "shop.yaml"
    path.write_text(text)
    return path


PLACE = "{model: charging_station, place: {x: 1.2, y: 6, yaw: 90}}\n"


@pytest.mark.parametrize(
    ("fleet", "words"),
    [
        ("    parking: yrad\n", "transport.carts.parking"),
        ("    battery: {lasts: 6 h, charge: 1 h, charger: plug}\n", "transport.carts.battery.charger"),
    ],
)
def test_stops_that_are_not_there(tmp_path: Path, fleet: str, words: str) -> None:
    with pytest.raises(ScenarioError, match="no machine of that name") as error:
        load_scenario(shop(tmp_path, fleet, f"  yard: {PLACE}"))
    assert words in str(error.value)


def test_a_machine_without_a_port_for_vehicles(tmp_path: Path) -> None:
    fence = "  plug: {model: guard_fence, place: {x: 1.2, y: 6, yaw: 90}}\n"
    with pytest.raises(ScenarioError, match="no port for a vehicle"):
        load_scenario(shop(tmp_path, "    battery: {lasts: 6 h, charge: 1 h, charger: plug}\n", fence))


def test_the_job_shop_with_a_battery(tmp_path: Path) -> None:
    """Vehicles that must charge for a third of the time bring less; parts never go through the charger."""
    base = load_scenario(shop(tmp_path))
    plain = realise(base, Layout(base.start or {}))
    fleet = "    battery: {lasts: 40 min, charge: 20 min, charger: plug}\n"
    charged = load_scenario(shop(tmp_path, fleet, f"  plug: {PLACE}"))
    line = realise(charged, Layout(charged.start or {}))
    moves = straight_line(line)
    assert moves.fleets["carts"].stations[-1] == "plug"
    assert unconnected(line, moves) == ()
    found = simulate(line, moves, replications=2)
    less = simulate(plain, straight_line(plain), replications=2)
    assert found.throughput_per_h.mean < less.throughput_per_h.mean
    assert not [m for m in found.moves if "plug" in (m.origin, m.target)]
    for vehicle in line.fleets["carts"].members:
        shares = found.resources[vehicle]
        used = shares["moving_empty"] + shares["moving_loaded"] + shares["handling"]
        assert shares["charging"] == pytest.approx(used * 0.5, abs=20 / 435)  # one charge more or less of 7.25 h
        assert sum(shares.values()) == pytest.approx(1.0)
