from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layout.errors import SceneError
from layout.model.pose import quaternion
from layout.model.results import Moves, Violation
from layout.scene import Scene
from layout.scene.marks import marks
from layout.viewer import Schedule, view
from layout.viewer.view import OVERLAYS, Clock, _apart

linux = pytest.mark.skipif(sys.platform != "linux", reason="only there the engine ends the process without a display")


@linux
@pytest.mark.parametrize("display", [None, ":987", "nonsense"])
def test_without_a_display_there_is_an_error_not_an_end(world, monkeypatch, display: str | None) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    if display is None:
        monkeypatch.delenv("DISPLAY", raising=False)
    else:
        monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(SceneError, match="report"):
        Scene(gui=True)
    with pytest.raises(SceneError, match="display"):
        view(world.line(), Moves(), Schedule(world.line(), Moves(), []))


@linux
def test_wayland_without_x_is_named(monkeypatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(SceneError, match="XWayland"):
        Scene(gui=True)


def test_keys_rule_the_clock() -> None:
    clock = Clock(end_s=100.0)
    clock.pass_by(2.0)
    clock.press({"+"})
    clock.pass_by(1.0)
    assert clock.now_s == pytest.approx(4.0)
    clock.press({" "})
    clock.pass_by(5.0)
    assert clock.now_s == pytest.approx(4.0) and "paused" in clock.text()
    clock.press({" ", "-"})
    clock.press({"-"})
    clock.pass_by(4.0)
    assert clock.now_s == pytest.approx(6.0)
    clock.pass_by(190.0)
    assert clock.now_s == pytest.approx(1.0)  # it begins again
    for _ in range(20):
        clock.press({"="})
    assert clock.text() == "0:00:01   32x"
    clock.press({"r"})
    assert clock.now_s == 0


def test_quaternions_turn_like_their_matrices() -> None:
    rng = np.random.default_rng(0)
    turns = [*Rotation.random(50, rng=rng).as_matrix(), np.diag([1.0, -1, -1]), np.diag([-1.0, 1, -1]), np.eye(3)]
    for turn in turns:
        assert Rotation.from_quat(quaternion(turn)).as_matrix() == pytest.approx(turn, abs=1e-9)


WINDOW = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("world", sys.argv[1])
world = importlib.util.module_from_spec(spec)
spec.loader.exec_module(world)
from layout.model.results import Moves, TraceEvent, Violation
from layout.viewer import Schedule, view
folder = Path(sys.argv[2])
box = world.machine(folder)
line = world.line(
    world.station("a", box, 3, 3), world.arm("arm", world.arm_model(folder), 6, 3), products={"p": world.part(folder)}
)
trace = [TraceEvent(0.0, 9.0, "a", "working", 0, "p", "a", "a")]
frames = []
course = Schedule(line, Moves(), trace)
view(line, Moves(), course, "60 per hour", seconds=1.0, photograph=folder / "seen.png", each_frame=frames.append)
assert frames, "no frame was drawn"
"""

OVERLAID = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("world", sys.argv[1])
world = importlib.util.module_from_spec(spec)
spec.loader.exec_module(world)
from layout.model.results import Moves, Violation
from layout.viewer import Schedule, view
folder = Path(sys.argv[2])
line = world.line(
    world.station("a", world.with_doors(folder), 3, 3), world.station("b", world.machine(folder), 3.6, 3),
    world.arm("arm", world.arm_model(folder), 6, 3), world.fleet("carts", world.vehicle(folder), 2),
    fences={"fence": {"line": [(0.5, 0.5), (0.5, 7)]}},
)
for key in ("", "v"):
    course = Schedule(line, Moves(), [])
    view(line, Moves(), course, "not feasible", seconds=0.5, photograph=folder / f"seen{key}.png", overlays=key,
         violations=[Violation("overlap", ("a", "b"), 0.4, "m"), Violation("unheard of", ("nobody",), 1.0, "")])
print("done")
"""


# -noreset: without it the server starts anew when a window closes, and the next one may find none. Tests that run
# side by side look for a free screen from different numbers on.
SCREEN = ["xvfb-run", "-a", "-n", str(100 + os.getpid() % 500), "-s", "-screen 0 1280x800x24 -noreset"]


@linux
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run")
def test_the_window_shows_the_line(tmp_path: Path) -> None:
    world = Path(__file__).parents[1] / "scene" / "world.py"
    command = [*SCREEN, sys.executable, "-c", textwrap.dedent(WINDOW)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([*command, str(world), str(tmp_path)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    from PIL import Image

    seen = np.asarray(Image.open(tmp_path / "seen.png")).reshape(-1, 3).astype(int)
    orange = (seen[:, 0] > 150) & (seen[:, 2] < 90) & (seen[:, 0] - seen[:, 1] > 60)
    assert orange.sum() > 200  # the arm, in its own colour
    assert np.unique(seen, axis=0).shape[0] > 50


@linux
@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run")
def test_violations_are_shown_when_asked_for(tmp_path: Path) -> None:
    world = Path(__file__).parents[1] / "scene" / "world.py"
    command = [*SCREEN, sys.executable, "-c", textwrap.dedent(OVERLAID)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([*command, str(world), str(tmp_path)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "done\n"  # neither the engine nor the graphics driver says a word
    from PIL import Image

    red = []
    for name in ("seen.png", "seenv.png"):
        seen = np.asarray(Image.open(tmp_path / name)).reshape(-1, 3).astype(int)
        red.append(int(((seen[:, 0] - seen[:, 1] > 70) & (seen[:, 0] - seen[:, 2] > 70)).sum()))
    assert red[1] > red[0] + 800


def test_every_overlay_has_a_key_that_nothing_else_has() -> None:
    clock_keys = set(" +=-_rq")
    assert not OVERLAYS.keys() & clock_keys
    assert set(OVERLAYS) == {"p", "e", "h", "v"}


def test_words_of_violations_do_not_lie_on_one_another(world, tmp_path: Path) -> None:
    line = world.line(world.station("a", world.machine(tmp_path), 3, 3))
    places = _apart(marks(line, [Violation(rule, ("a",), 1.0, "m") for rule in ("x", "y", "z")]))
    assert len({round(z, 3) for _, _, z in places}) == 3
