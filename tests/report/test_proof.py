"""The proof on the page: three throughputs, what went wrong, elementary moves; nothing that is not in proof.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from layout.errors import LayoutError
from layout.report import write_report
from layout.report.proof import MOST_INCIDENTS, incidents, rates, verdict

NONE = {"mean": None, "half_width": None, "level": 0.95, "n": 0}


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layout.report.run._charts", lambda run: [])


def figure(mean: float, half_width: float | None = 0.02, n: int = 2) -> dict[str, Any]:
    return {"mean": mean, "half_width": half_width, "level": 0.95, "n": n}


def move(kind: str, resource: str, origin: str, target: str, times: tuple[float, float, float]) -> dict[str, Any]:
    assumed, physical, learnt = times
    return {
        "kind": kind, "resource": resource, "origin": origin, "target": target, "assumed_s": assumed,
        "physical_s": figure(physical, 0.01, 10), "learnt_s": learnt, "learnt_gap_s": physical - learnt,
        "close": abs(physical - assumed) <= 0.1, "learnt_close": True,
    }  # fmt: skip


def incident(time_s: float, kind: str = "tipped", **more: Any) -> dict[str, Any]:
    return {
        "window": 1, "time_s": time_s, "kind": kind, "subjects": ["infeed <belt>"], "at_m": [3.2, 1.05, 0.9],
        "amount": 0.6, "unit": "rad", "cause": "in a corner", "part": 4, "product": "carton", "limit": 0.5236,
        "remedy": "", **more,
    }  # fmt: skip


def proof(fake: Any, **more: Any) -> dict[str, Any]:
    return {
        "scenario": "cell", "proved": True, "reasons": [], "seed": 3, "asked_s": 600.0, "windows_s": [600.0, 600.0],
        "parts": [10, 11], "held_out": True, "bound_per_h": 138.04, "shift_per_h": figure(131.2, 0.66),
        "flow_per_h": figure(72.4), "physical_per_h": figure(71.1), "learnt_per_h": figure(71.2),
        "gap": figure(-0.018, 0.002), "learnt_gap": figure(-0.0014, None, 1),
        "moves": [
            move("belt transit", "belt", "wash", "outfeed", (6.02, 8.64, 8.6)),
            move("pick", "tender", "mill", "mill", (1.9, 1.9, 1.9)),
            move("pick", "tender", "wash", "wash", (2.1, 2.11, 2.1)),
        ],
        "incidents": [], "layout": fake.outcome_data()["layout"],
    } | more  # fmt: skip


def page(run: Path, data: Any) -> str:
    (run / "proof.json").write_text(data if isinstance(data, str) else json.dumps(data))
    return write_report(run).read_text(encoding="utf-8")


def test_three_throughputs_side_by_side_with_their_gaps(fake: Any, run: Path) -> None:
    html = page(run, proof(fake))
    assert "Proved over 2 windows of 10 min as rigid bodies: nothing went wrong, 21 good parts left" in html
    shown = html.split('<dl class="trio">')[1].split("</dl>")[0]
    found = [
        "72.40 ± 0.02",
        "−1.8 ± 0.2 %",
        "71.20 ± 0.02",
        "−0.14 %",
        "71.10 ± 0.02",
        "21 good parts in 2 windows of 10 min",
    ]
    places = [shown.find(text) for text in found]
    assert -1 not in places and places == sorted(places), shown
    assert "Nothing: no part tipped" in html and "131.2 ± 0.7" in html


def test_elementary_moves_by_kind_and_each(fake: Any, run: Path) -> None:
    html = page(run, proof(fake))
    kinds, moves = html.split("<h3>Elementary moves</h3>")[1].split("</details>")[0].split("<details>")
    assert kinds.count('<tr><th scope="row">') == 2 and moves.count('<tr><th scope="row">') == 3
    for text in ("part rides a belt", "6.02 s", "8.64 s", "+2.62 s", "8.60 s", "+0.04 s"):
        assert text in kinds and text in moves
    assert "Every move (3)" in moves and "tender, wash" in moves
    assert kinds.count("number worse") == 1


def test_where_vehicles_drive_hours_of_driving_say_what_the_throughput_is_off_by(fake: Any) -> None:
    data = proof(fake, learnt_gap=figure(0.236, None, 1), traffic_gap=figure(-0.003, 0.01, 4), driven_gap=figure(0.0))
    assert "off by −0.3 ± 1.0 % after learning, over hours of vehicles driving without bodies" in verdict(data)
    assert [name for name, *_ in rates(data)][-2:] == ["physics, windows", "driving, hours"]
    assert len(rates(proof(fake))) == len(rates(data)) - 2


def test_no_difference_is_said_as_none(fake: Any) -> None:
    assert "is off by 0.00 % after learning." in verdict(proof(fake, learnt_gap=figure(2.22e-16, None, 1)))


def test_arms_come_from_home_and_go_there(fake: Any, run: Path) -> None:
    legs = [move("home", "tender", "wash", "", (1.0, 1.0, 1.0)), move("empty", "tender", "", "mill", (1.0, 1.0, 1.0))]
    html = page(run, proof(fake, moves=legs))
    assert "tender, wash to home" in html and "tender, home to mill" in html


def test_waiting_for_others_is_shown_beside_moves_and_never_off(fake: Any, run: Path) -> None:
    waits = move("wait in traffic", "carts", "carts", "carts", (0.0, 4.71, 4.22)) | {
        "close": None,
        "learnt_close": None,
    }
    data = proof(fake)
    html = page(run, data | {"moves": [*data["moves"], waits]})
    kinds = html.split("<h3>Elementary moves</h3>")[1].split("<details>")[0]
    assert "vehicle waits for others" in kinds and "4.71 s" in kinds and kinds.count("number worse") == 1


def test_what_went_wrong_is_told_with_time_place_part_cause_and_advice(fake: Any, run: Path) -> None:
    found = [incident(30.0, "saturated"), *(incident(40.0 + k) for k in range(MOST_INCIDENTS))]
    data = proof(fake, proved=False, reasons=["after 40.0 s carton (part 4) tipped over"], incidents=found)
    assert [one.time_s for _, one in incidents(data)][:2] == [40.0, 41.0]  # what refuses it first
    html = page(run, data).replace("\u00a0", " ")
    assert "Refused after 2 windows of 10 min as rigid bodies: after 40.0 s carton" in html
    for text in ("40.0 s, window 2", "carton (part 4) tipped over on infeed &lt;belt&gt; (34.4°, limit 30°)",
                 "x 3.20 m, y 1.05 m", "in a corner", "Try a slower belt", "And 1 more"):  # fmt: skip
        assert text in html
    assert "<belt>" not in html and "Nothing: no part tipped" not in html


def test_too_few_parts_are_no_throughput(fake: Any) -> None:
    few = proof(fake, proved=False, reasons=["fewer than two parts left the line"], windows_s=[180.0], parts=[1])
    assert verdict(few).startswith("Nothing went wrong over 3 min as rigid bodies, but the layout is not proved")


def test_too_few_parts_on_the_page(fake: Any, run: Path) -> None:
    none = dict.fromkeys(("flow_per_h", "physical_per_h", "learnt_per_h", "gap", "learnt_gap"), NONE)
    html = page(run, proof(fake, proved=False, reasons=["few"], windows_s=[180.0], parts=[1], held_out=False, **none))
    assert html.count("too few parts to say") == 2 and "1 good part in 3 min" in html
    assert "One window has no interval" in html


def test_a_proof_of_another_layout_is_not_shown(fake: Any, run: Path) -> None:
    assert "as rigid bodies" not in page(run, proof(fake, layout={"mill": {"x": 1.0}}))


@pytest.mark.parametrize("broken", ["{", "[]", "lost"])
def test_a_broken_proof_is_named(fake: Any, run: Path, broken: str) -> None:
    lost = proof(fake)
    del lost["windows_s"]
    with pytest.raises(LayoutError, match=r"proof\.json"):
        page(run, lost if broken == "lost" else broken)
