"""A recorded physical run on the page: what it shows is where things were."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path

import numpy as np
import pytest

from layout.errors import LayoutError
from layout.files.layouts import dump_layout
from layout.files.recording import RATE_HZ, Frame, PartPlace, Recorder, Recording, write_recording
from layout.files.runs import RunFolder
from layout.files.scenario import load_scenario
from layout.model.line import Layout, Line
from layout.model.realise import realise
from layout.model.scenario import Scenario
from layout.motion.kinematics import forward
from layout.report import replay as replays
from layout.report import write_report
from tests.report import conftest as fake

pytestmark = pytest.mark.usefixtures("blank_charts")
CELL = """\
name: replayed cell
time: {horizon: 1 h, replications: 2, seed: 1}
floor: {boundary: [[0, 0], [9, 0], [9, 7], [0, 7]]}
products: {bracket: {model: part_bracket, route: [lathe]}, box: {model: part_box, route: [lathe]}}
machines:
  dock: {model: dock_in, source: saturated, place: {x: 1.6, y: 3.5, yaw: 90}}
  lathe: {model: cnc_lathe, operations: {lathe: 20 s}, place: {x: 4, y: 6, yaw: 0}}
  exit: {model: dock_out, sink: true, place: {x: 7.4, y: 3.5, yaw: 270}}
transport:
  tender: {kind: robot, model: arm_16kg_r2010, serves: [dock, lathe], place: {x: 3.6, y: 3.6}}
  carts: {kind: vehicle, model: amr, serves: [lathe, exit], fleet: 1}
"""


def scenario_in(folder: Path) -> Scenario:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cell.yaml").write_text(CELL)
    return load_scenario(folder / "cell.yaml")


def recording(line: Line, seconds: float) -> Recording:
    """The arm turns about its base, the door opens, the cart drives, one part is carried and one lies there."""
    arm, lathe = line.arms["tender"].model, line.stations["lathe"].model
    cart = line.fleets["carts"].members[0]
    made = Recorder({"tender": len(arm.joints)}, {"lathe": len(lathe.axes)}, [cart], {})
    low, high = (np.array(lathe.position(name)) for name in ("load", "work"))
    for k in range(round(seconds * RATE_HZ) + 1):
        s = k / (seconds * RATE_HZ)
        parts = {1: PartPlace("bracket", (2 + 4 * s, 3.0, 1.0), (0.0, 0.0, math.sin(s), math.cos(s)))}
        if 0.25 <= s < 0.75:
            parts[2] = PartPlace("box", (5.0, 5.0, 0.9), (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)))
        made.add(
            Frame(
                {"tender": np.array([s, *arm.home[1:]])},
                {"lathe": low + (high - low) * s},
                {cart: np.array([2 + s, 1.0, 3 * s])},
                parts,
            )
        )
    return made.finish({"states": {"lathe": [[1.0, 4.0, "working"], [4.0, 5.0, "waiting"]]}})


def recorded_run(path: Path, seconds: float) -> Path:
    """A run folder with a recording of its best layout."""
    scenario = scenario_in(path.parent / "scenario")
    settings = {"seed": 1, "evaluations": 40, "in_flight": 8}
    folder = RunFolder.create(path, scenario, settings)
    made_up = fake.write_run(path.parent / "made up", {"start": None, "best": fake.outcome_data(), "runners_up": []})
    for name in ("results.json", "trials.csv"):
        (path / name).write_text((made_up / name).read_text())
    (path / "best.yaml").write_text(dump_layout(Layout({}), scenario, {}))
    line = realise(folder.scenario(), Layout({}))
    write_recording(recording(line, seconds), path / "best.rec")
    return path


def numbers(text: str) -> list[int]:
    return np.frombuffer(base64.b64decode(text), "<i2").tolist()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return realise(scenario_in(tmp_path_factory.mktemp("cell")), Layout({}))


def metres(data: dict[str, object], text: str) -> np.ndarray:
    return np.array(numbers(text)).reshape(-1, 2) * data["unit"] + data["origin"]


def test_arms_carts_and_parts_are_where_they_were(line: Line) -> None:
    made = recording(line, 6.0)
    shown = replays.replay(line, None, made)
    data = json.loads(shown.data)
    assert (shown.begin_s, shown.end_s, data["frames"]) == (0.0, 6.0, 61)
    arm = line.arms["tender"]
    (tender,) = data["arms"]
    points = metres(data, tender["d"]).reshape(61, tender["n"], 2)
    for k in (0, 30, 60):
        then = made.at(k / replays.RATE_HZ)
        tool = arm.pose.matrix() @ forward(arm.model, then.arms["tender"])[:, 3]
        assert points[k, -1] == pytest.approx(tool[:2], abs=2e-3)
        assert points[k, 0] == pytest.approx([arm.pose.x_m, arm.pose.y_m], abs=2e-3)
    (cart,) = data["carts"]
    assert metres(data, cart["d"])[60] == pytest.approx([3.0, 1.0], abs=2e-3)
    assert numbers(cart["turn"])[60] * 1e-4 == pytest.approx(3.0, abs=1e-3)
    first, second = data["parts"]
    assert (first["p"], first["f"], first["n"]) == (0, 0, 61)
    assert (second["p"], second["f"], second["n"]) == (1, 15, 30)
    assert metres(data, first["d"])[30] == pytest.approx([4.0, 3.0], abs=2e-3)
    assert numbers(first["turn"])[30] * 1e-4 == pytest.approx(1.0, abs=1e-3)
    assert data["states"] == {"lathe": [[1.0, 4.0, replays.canvas.STATE_COLOURS["working"]]]}


def test_a_part_on_its_side_is_drawn_so(line: Line) -> None:
    """Turned by a quarter about x, what was its height is its depth."""
    data = json.loads(replays.replay(line, None, recording(line, 6.0)).data)
    lying = np.array(data["outlines"][numbers(data["parts"][1]["o"])[0]])
    points = np.concatenate(replays.hull_pieces(line.products["box"].model.hulls))
    size = points.max(axis=0) - points.min(axis=0)
    assert lying.max(axis=0) - lying.min(axis=0) == pytest.approx([size[0], size[2]], abs=4e-3)


def test_a_door_is_drawn_where_it_is(line: Line) -> None:
    data = json.loads(replays.replay(line, None, recording(line, 6.0)).data)
    (door,) = data["doors"]
    which = numbers(door["d"])
    assert which[0] != which[-1]
    first, last = (np.concatenate([metres(data, ring) for ring in door["outlines"][k]]) for k in (which[0], which[-1]))
    assert np.abs(last - first).max() == pytest.approx(0.67, abs=0.03)
    assert [door["shut"][which[0]], door["shut"][which[-1]]] == [False, True]


def test_a_long_recording_is_shown_from_its_end(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "LONGEST_S", 4.0)
    shown = replays.replay(line, None, recording(line, 6.0))
    data = json.loads(shown.data)
    assert (shown.begin_s, shown.end_s, data["frames"], data["begin"]) == (2.0, 6.0, 41, 2.0)
    assert metres(data, next(part["d"] for part in data["parts"] if part["p"] == 0))[0] == pytest.approx(
        [2 + 4 / 3, 3.0], abs=0.02
    )
    assert data["states"]["lathe"] == [[-1.0, 2.0, replays.canvas.STATE_COLOURS["working"]]]


def test_the_page_has_it_and_fetches_nothing(tmp_path: Path) -> None:
    run = recorded_run(tmp_path / "run", 6.0)
    html = write_report(run).read_text(encoding="utf-8")
    assert 'id="replay-plan"' in html and "0 s to 6 s of the recording" in html
    assert "http://" not in html and "https://" not in html and 'src="replay' not in html
    (run / "best.rec").unlink()
    html = write_report(run).read_text(encoding="utf-8")
    assert "replay-plan" not in html and "script" not in html


def test_a_broken_recording_is_named(tmp_path: Path) -> None:
    run = recorded_run(tmp_path / "run", 1.0)
    (run / "best.rec").write_bytes(b"nothing")
    with pytest.raises(LayoutError, match=r"no recording.*best\.rec|best\.rec.*no recording"):
        write_report(run)
