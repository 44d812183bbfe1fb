"""Tiny made-up lines and run folders: no file of theirs exists but those written here."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from layout.files.event_log import table
from layout.model.floor import Area, Floor
from layout.model.library import ArmModel, MachineModel, Port
from layout.model.line import Arm, Belt, Layout, Line, Link, Station
from layout.model.pose import Pose
from layout.model.results import Estimate, FlowMove, FlowResult, TraceEvent
from layout.model.scenario import Time

NOWHERE = Path("nowhere")
RUN_COLUMNS = (
    "number", "state", "value", "throughput_per_h", "half_width", "bound_per_h", "lead_time_s", "wip",
    "handling_distance_m", "floor_area_m2", "violations",
)  # fmt: skip


def machine(width: float = 1.6, depth: float = 1.2, service: dict[str, float] | None = None) -> MachineModel:
    x, y = width / 2, depth / 2
    ports = {
        "door": Port("door", "inout", ("arm",), (0.0, -y + 0.2, 1.0)),
        "belt in": Port("belt in", "in", ("belt",), (-x, 0.0, 0.9), facing=(-1.0, 0.0)),
        "belt out": Port("belt out", "out", ("belt", "direct"), (x, 0.0, 0.9), facing=(1.0, 0.0)),
    }
    outline = ((-x, -y), (x, -y), (x, y), (-x, y))
    return MachineModel("machine", "", NOWHERE, NOWHERE, 2.0, outline, service or {}, ports)


def arm_model(reach_m: float = 2.0) -> ArmModel:
    ring = tuple((0.25 * math.cos(t * math.pi / 6), 0.25 * math.sin(t * math.pi / 6)) for t in range(12))
    return ArmModel(
        "arm", "", NOWHERE, "base", "tip", (), ((1.0,),), (0, 0, 0), (), ring, {"front": 0.1}, 1.5, 16, reach_m, 3, 0.5
    )  # fmt: skip


def station(
    name: str, x: float, y: float, yaw: float = 0.0, *, model: MachineModel | None = None, **more: Any
) -> Station:
    given: dict[str, Any] = {"is_source": False, "is_sink": False, **more}
    return Station(
        name=name, machine=name, model=model or machine(service={"front": 0.6}), pose=Pose(x, y, math.radians(yaw)),
        operations={}, servers=1, buffer_in=0, buffer_out=0, failures={}, arrivals=None, **given,
    )  # fmt: skip


def make_line(names: tuple[str, str, str, str] = ("infeed", "mill", "wash", "outfeed")) -> Line:
    infeed, mill, wash, outfeed = names
    stations = [
        station(infeed, 1, 1, is_source=True),
        station(mill, 4, 4.6),
        station(wash, 6.6, 1.4, 180),
        station(outfeed, 9.2, 4.4, 90, is_sink=True),
    ]
    return Line(
        name="cell",
        layout=Layout({}),
        floor=Floor(
            boundary=((0, 0), (11, 0), (11, 6), (0, 6)),
            obstacles={"column": Area(polygon=((8.4, 0.4), (8.8, 0.4), (8.8, 0.8), (8.4, 0.8)))},
            keep_clear={"fire exit": Area(polygon=((9.8, 0), (11, 0), (11, 1.2), (9.8, 1.2)))},
        ),
        time=Time(),
        objectives=(),
        products={},
        stations={s.name: s for s in stations},
        arms={"tender": Arm("tender", arm_model(), Pose(4, 2.4), (infeed, mill, wash), "nearest", 1.0)},
        belts={"belt": Belt("belt", wash, outfeed, 0.3, 0.4, 0.4)},
        links={"chute": Link("chute", mill, outfeed, 3.0)},
    )


def estimate(mean: float, half_width: float = 0.6) -> Estimate:
    return Estimate(mean, half_width, 0.95, 10)


def make_flow(line: Line, bottleneck: str = "mill") -> FlowResult:
    first, second, third, last = list(line.stations)[:4]
    share = {"working": 0.55, "blocked": 0.1, "starved": 0.3, "down": 0.05}
    resources = dict.fromkeys(line.stations, share) | {
        name: {"moving_loaded": 0.3, "moving_empty": 0.2, "handling": 0.2, "waiting": 0.3} for name in line.arms
    }
    if bottleneck in resources:
        resources[bottleneck] = {"working": 0.93, "blocked": 0.01, "starved": 0.02, "down": 0.04}
    return FlowResult(
        throughput_per_h=estimate(131.2, 0.66),
        by_product={"bracket": estimate(91.8), "flange": estimate(39.4, 0.31)},
        lead_time_s=estimate(412, 5.3),
        wip=estimate(14.2, 0.31),
        resources=resources,
        moves=(
            FlowMove("tender", first, second, 131.2, 3.1),
            FlowMove("tender", second, third, 125.0, 3.0),
            FlowMove("tender", third, second, 6.0, 3.0),
            FlowMove("belt", third, last, 120.0, 2.9),
            FlowMove("chute", second, last, 11.0, 5.0),
        ),
        bottleneck=bottleneck,
        deadlocks=(),
        samples_per_h=(),
    )


def outcome_data(**more: Any) -> dict[str, Any]:
    """What `layout evaluate --json` gives for a simulated layout."""
    flow = make_flow(make_line())
    data = {
        "scenario": "cell",
        "feasible": True,
        "violations": [],
        "bound_per_h": 138.04,
        "throughput_per_h": asdict(flow.throughput_per_h),
        "by_product": {name: asdict(e) for name, e in flow.by_product.items()},
        "lead_time_s": asdict(flow.lead_time_s),
        "wip": asdict(flow.wip),
        "resources": dict(flow.resources),
        "bottleneck": flow.bottleneck,
        "moves": [asdict(move) for move in flow.moves],
        "objectives": {
            "throughput": 131.2, "lead_time": 412.0, "wip": 14.2, "handling_distance": 11.42, "floor_area": 68.31,
        },
        "layout": {"mill": {"x": 4.0, "y": 4.6, "yaw": 90.0}, "tender": {"dispatch": "longest_waiting"}},
    }  # fmt: skip
    return data | more


def start_data(**more: Any) -> dict[str, Any]:
    old = {
        "throughput_per_h": asdict(estimate(107.5, 0.61)),
        "bottleneck": "tender",
        "objectives": outcome_data()["objectives"] | {"throughput": 107.5, "handling_distance": 16.4},
        "layout": {"mill": {"x": 3.0, "y": 4.6, "yaw": 0.0}, "tender": {"dispatch": "nearest"}},
    }
    return outcome_data(**(old | more))


def infeasible_data(**more: Any) -> dict[str, Any]:
    nothing = {
        "feasible": False, "throughput_per_h": None, "by_product": {}, "lead_time_s": None, "wip": None,
        "resources": {}, "bottleneck": None, "moves": [], "objectives": {},
        "violations": [
            {"rule": "clearance", "subjects": ["mill", "wash"], "amount": 0.123, "unit": "m"},
            {"rule": "keep_clear", "subjects": ["mill", "fire exit"], "amount": 0.5, "unit": "m2"},
        ],
    }  # fmt: skip
    return outcome_data(**(nothing | more))


def trial_rows(count: int = 40) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for i in range(count):
        if i % 4 == 1:
            rows.append([i, "infeasible", 0.3, "", "", 120.0, "", "", "", "", "clearance: mill, wash by 0.1 m", 3.5])
        else:
            rows.append(
                [i, "feasible", 0.9, 107.5 + 24.5 * i / count - i % 3, 1.1, 139.0, 500, 15, 12, 70, "", 3.0 + i / 99]
            )
    return rows


def write_run(path: Path, results: dict[str, Any], rows: list[list[Any]] | None = None, **facts: Any) -> Path:
    path.mkdir(parents=True)
    run = {
        "name": "bracket cell", "digest": "9f2c41d0a7", "version": "0.1.0", "seed": 7, "evaluations": 40, "workers": 4,
        "feasible_share": 0.75, "stopped": "all evaluations done", "sampler": "tpe", "bound_per_h": 140.2,
        "objectives": [
            {"measure": "throughput", "sense": "maximize", "tolerance": 0.01},
            {"measure": "handling_distance", "sense": "minimize", "tolerance": 0.01},
        ],
    }  # fmt: skip
    (path / "run.json").write_text(json.dumps(run | facts))
    (path / "results.json").write_text(json.dumps(results))
    with (path / "trials.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*RUN_COLUMNS, "mill.x"])
        writer.writerows(trial_rows() if rows is None else rows)
    return path


def hour_events() -> list[TraceEvent]:
    """What the line of `make_line` does in the second hour of a shift, made up."""
    found = []
    for i in range(60):
        t, product = 3600.0 + 60 * i, ("bracket", "flange")[i % 3 == 0]
        found += [
            TraceEvent(t, t + 3, "tender", "moving_empty", -1, "", "mill", "infeed"),
            TraceEvent(t + 3, t + 5, "tender", "handling", i, product, "infeed", "infeed"),
            TraceEvent(t + 5, t + 9, "tender", "moving_loaded", i, product, "infeed", "mill"),
            TraceEvent(t + 9, t + 11, "tender", "handling", i, product, "mill", "mill"),
            TraceEvent(t + 11, t + 48, "mill", "working", i, product, "mill", "mill", "mill"),
            TraceEvent(t + 48, t + 57, "mill", "blocked", i, product, "mill", "mill"),
            TraceEvent(t + 20, t + 35, "wash", "working", i - 1, product, "wash", "wash", "wash"),
            TraceEvent(t + 35, t + 55, "belt", "transit", i - 1, product, "wash", "outfeed"),
        ]
    return found


def write_hour(run: Path, hour: int = 2) -> Path:
    """The run folder, with an hour of its best layout's shift."""
    (run / "best_hour.csv").write_text(table(hour_events()), encoding="utf-8")
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(facts | {"shown_hour": hour}))
    return run


def png_size(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


@pytest.fixture
def line() -> Line:
    return make_line()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    runners = [outcome_data(throughput_per_h=asdict(estimate(130.4 - i))) for i in range(2)]
    return write_run(tmp_path / "run", {"start": start_data(), "best": outcome_data(), "runners_up": runners})


def moved(line: Line, **poses: Pose) -> Line:
    """The line with some stations elsewhere."""
    changed = {name: dataclasses.replace(line.stations[name], pose=pose) for name, pose in poses.items()}
    return dataclasses.replace(line, stations={**line.stations, **changed})


@pytest.fixture
def fake() -> ModuleType:
    """This module's makers of lines, flows and run folders."""
    return sys.modules[__name__]


def dense_line(count: int = 30) -> Line:
    """Many machines with long names and four robots."""
    words = (
        "saw",
        "5-axis machining centre",
        "deburring station",
        "$quality$ gate",
        "oven <b>",
        "Prüfstand für Getriebe",
    )
    stations = [
        station(
            f"{words[i % len(words)]} {i + 1}", 2 + 3.3 * (i % 8), 2 + 4.4 * (i // 8), 180 * ((i // 8) % 2),
            model=machine(0.7 + 0.31 * (i % 6), 0.8 + 0.2 * (i % 4), {"front": 0.6, "back": 0.2}),
            is_source=i == 0, is_sink=i == count - 1,
        )
        for i in range(count)
    ]  # fmt: skip
    names = [s.name for s in stations]
    arms = {
        name: Arm(name, arm_model(), Pose(7 + 13 * (k % 2), 4.2 + 8.8 * (k // 2)), tuple(names), "pull", 1)
        for k, name in enumerate(("robot 1", "robot 2", "robot 3", "robot 4"))
    }
    floor = Floor(boundary=((0, 0), (28, 0), (28, 18), (0, 18)))
    return dataclasses.replace(
        make_line(), stations=dict(zip(names, stations, strict=True)), arms=arms, belts={}, links={}, floor=floor
    )


def dense_flow(line: Line) -> FlowResult:
    names = list(line.stations)
    moves = tuple(
        FlowMove(f"robot {1 + i // 8}", a, b, 5.0 + 37 * i % 150, 2.0)
        for i, (a, b) in enumerate(itertools.pairwise(names))
    )
    return dataclasses.replace(make_flow(line, names[4]), moves=moves)
