"""Fences, walkways, rails, tools and fleets of a scenario: each slip with its line, its value and what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from layout.errors import ScenarioError
from layout.files.scenario import check_scenario
from tests.files import library

CELL = """name: a cell
floor:
  boundary: [[0, 0], [9, 0], [9, 6], [0, 6]]
  fences:
    back: {line: [[1, 5.5], [8, 5.5]], height: 1.8 m}
  walkways: {width: 800 mm, exits: {door: [0, 3]}}
safety:
  gap: 500 mm
  detection:
    curtain: {line: [[2, 0.5], [6, 0.5]], stopping: 300 ms}
products: {block: {model: lib/block, mass: 2 kg, route: [press]}}
machines:
  infeed: {model: lib/shed, source: saturated, place: {x: 1, y: 3}}
  press: {model: lib/press, operations: {press: 20 s}, place: {x: [3, 5], y: 4}}
  store: {model: lib/shed, sink: true, place: {x: 8, y: 3}}
transport:
  handler:
    kind: robot
    model: lib/handler
    tool: lib/gripper
    rail: {length: 2 m}
    serves: [infeed, press]
    place: {x: 3, y: 2}
  carts: {kind: vehicle, model: lib/cart, serves: [press, store], fleet: 1}
"""

VEHICLE = """name: cart
kind: vehicle
description: a cart
visual: visual.glb
hulls: hulls.obj
footprint: [[-0.4, -0.3], [0.4, -0.3], [0.4, 0.3], [-0.4, 0.3]]
speed: 1 m/s
acceleration: 0.5 m/s^2
payload: 50 kg
deck: [0, 0, 0.3]
"""
BOTH = """  dock:
    kind: inout
    by: [arm, vehicle]
    at: [0, -0.4, 1.2]
    retreat: [0, -0.3, 0.2]
"""
TOOL = """name: gripper
kind: tool
description: a gripper
visual: visual.glb
hulls: hulls.obj
mass: 1.5 kg
tcp: [0, 0, 0.12]
"""


def fill(root: Path) -> None:
    """Write the models that the cell names."""
    lib = root / "lib"
    library.arm(lib, "handler")
    library.part(lib, "block")
    library.machine(lib, "press", BOTH)
    library.machine(lib, "shed", BOTH)
    library.machine(lib, "bare", library.ARM_PORT.format(port="table", kind="inout"))
    for name, text in (("cart", VEHICLE), ("gripper", TOOL), ("clamp", TOOL.replace("gripper", "clamp"))):
        (lib / name).mkdir()
        (lib / name / "model.yaml").write_text(text.replace("1.5 kg", "5.5 kg" if name == "clamp" else "1.5 kg"))
        library.box(lib / name, (0.8, 0.6, 0.3) if name == "cart" else (0.1, 0.1, 0.1))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cells")
    fill(root)
    return root


def test_the_cell_itself_is_fine(home: Path) -> None:
    (home / "fine.yaml").write_text(CELL)
    check_scenario(home / "fine.yaml")


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("line: [[1, 5.5], [8, 5.5]]", "line: [[1, 5.5], [1, 5.5]]", "floor.fences.back.line", "has no length"),
        ("line: [[1, 5.5], [8, 5.5]]", "line: [[1, 5.5]]", "floor.fences.back.line", "at least 2"),
        ("line: [[1, 5.5], [8, 5.5]]", "line: [[1, 55], [8, 55]]", "floor.fences.back.line", "wholly off the floor"),
        ("line: [[1, 5.5], [8, 5.5]]", "line: 5", "floor.fences.back.line", "must be a list"),
        ("height: 1.8 m", "height: 0", "floor.fences.back.height", "more than 0"),
        ("    back: {line", "    a/b: {line", "floor.fences.a/b", "must not hold"),
        ("exits: {door: [0, 3]}", "exits: {door: [-2, 3]}", "floor.walkways.exits.door", "2 m off the floor"),
        ("exits: {door: [0, 3]}", "exits: {door: [0, nan]}", "floor.walkways.exits.door[1]", "length"),
        ("exits: {door: [0, 3]}", "exits: {}", "floor.walkways.exits", "at least 1"),
        ("exits: {door: [0, 3]}", "exit: {door: [0, 3]}", "floor.walkways.exit", "did you mean 'exits'"),
        ("width: 800 mm", "width: 8 m", "floor.walkways.width", "wider than the floor"),
        ("line: [[2, 0.5], [6, 0.5]]", "line: [[2, -5], [6, -5]]", "safety.detection.curtain.line", "off the floor"),
        ("line: [[2, 0.5], [6, 0.5]]", "line: [[2, 2], [2, 2]]", "safety.detection.curtain.line", "has no length"),
        ("gap: 500 mm", "gap: -1", "safety.gap", "at least 0"),
        ("stopping: 300 ms", "stoping: 300 ms", "safety.detection.curtain.stoping", "did you mean 'stopping'"),
        ("rail: {length: 2 m}", "rail: {length: 20 m}", "transport.handler.rail.length", "with its rail it is larger"),
        ("rail: {length: 2 m}", "rail: {length: 2 m, speed: 0}", "transport.handler.rail.speed", "more than 0"),
        ("tool: lib/gripper", "tool: lib/griper", "transport.handler.tool", "no model.yaml"),
        ("tool: lib/gripper", "tool: lib/block", "transport.handler.tool", "must be the model of a tool"),
        ("tool: lib/gripper", "tool: lib/clamp", "transport.handler.tool", "the tool alone is the arm's whole payload"),
        ("mass: 2 kg", "mass: 3.6 kg", "products.block.mass", "5 kg less gripper's 1.5 kg"),
        ("mass: 2 kg", "mass: 60 kg", "products.block.mass", "cart carries 50 kg"),
        ("model: lib/cart", "model: lib/handler", "transport.carts.model", "must be the model of a vehicle"),
        ("model: lib/cart", "model: cart.stl", "transport.carts.model", "there is no such file"),
        ("fleet: 1", "fleet: 0", "transport.carts.fleet", "from 1 to 100"),
        ("press: {model: lib/press", "press: {model: lib/bare", "transport.carts.serves[0]", "no port for a vehicle"),
        ("{model: lib/press, ", "{model: lib/press, ports: {p: {kind: inout, by: [amr], at: [0, 0, 1]}}, ",
         "machines.press.ports.p.by[0]", "must be one of"),
        ("{model: lib/press, ", "{model: lib/press, ports: {p: {kind: inout, by: [arm], at: [0, 0, 0.4]}}, ",
         "machines.press.ports.p.at", "inside its own machine"),
        ("{model: lib/press, ", "{model: lib/press, unit: furlong, ", "machines.press.unit", "must be one of"),
        ("{model: lib/press, ", "{model: lib/press, up: z, ", "machines.press.up", "means nothing here"),
        ("    model: lib/handler\n", "    model: lib/handler\n    payload: 9 kg\n", "transport.handler.payload",
         "means nothing here"),
    ],
)  # fmt: skip
def test_slips_are_named(home: Path, old: str, new: str, where: str, words: str) -> None:
    assert old in CELL
    path = home / "slip.yaml"
    path.write_text(CELL.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        check_scenario(path)
    found = [p for p in caught.value.problems if p.where == where and words in f"{p.what} {p.value} {p.hint}"]
    assert found, str(caught.value)
    assert found[0].line > 0 and found[0].file == str(path)


def test_slips_of_all_kinds_come_at_once(home: Path) -> None:
    text = CELL.replace("line: [[1, 5.5], [8, 5.5]]", "line: [[1, 5.5]]").replace("mass: 2 kg", "mass: 60 kg")
    text = text.replace("exits: {door: [0, 3]}", "exit: {door: [0, 3]}").replace("tool: lib/gripper", "tool: lib/block")
    (home / "many.yaml").write_text(text)
    with pytest.raises(ScenarioError) as caught:
        check_scenario(home / "many.yaml")
    places = {problem.where for problem in caught.value.problems}
    assert places >= {"floor.fences.back.line", "floor.walkways.exit", "transport.handler.tool", "products.block.mass"}


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("height: 1.8 m", "height: 900 mm", "floor.fences.back.height", "a low fence"),
        ("[8, 5.5]]", "[10, 5.5]]", "floor.fences.back.line", "leads off the floor"),
        ("stopping: 300 ms", "stopping: 300 ms, approach: 16 mm/s", "safety.detection.curtain.approach", "faster than"),
    ],
)
def test_odd_but_legal(home: Path, old: str, new: str, where: str, words: str) -> None:
    assert old in CELL
    path = home / "odd.yaml"
    path.write_text(CELL.replace(old, new, 1))
    _, odd = check_scenario(path)
    assert any(p.where == where and words in p.what and p.line and p.hint for p in odd), odd


def test_the_cell_itself_is_not_odd(home: Path) -> None:
    (home / "fine.yaml").write_text(CELL)
    assert check_scenario(home / "fine.yaml")[1] == ()
