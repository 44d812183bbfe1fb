"""Bad scenarios: each finding stands on its line, names its path, and says what is wrong and what to try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layout.errors import ScenarioError
from layout.files.scenario import check_scenario, load_scenario
from tests.files.library import SCENARIO

Write = Callable[[str], Path]

# what to replace, by what, text of the line that is blamed, dotted path, words in the finding or its hint
BAD = [
    # schema
    ("name: small cell\n", "", "time:", "name", "is missing"),
    ("products:\n", "prodcuts:\n", "prodcuts:", "prodcuts", "did you mean 'products'"),
    ("model: lib/dock", "modle: lib/dock", "modle:", "machines.infeed.modle", "did you mean 'model'"),
    ("horizon: 2 h", "horizon: 0 s", "horizon: 0", "time.horizon", "more than 0"),
    ("horizon: 2 h", "horizon: 2 hours", "2 hours", "time.horizon", "unknown unit 'hours'"),
    ("warmup: 10 min", "warmup: -10 min", "-10 min", "time.warmup", "at least 0"),
    ("replications: 5", "replications: 0", "replications: 0", "time.replications", "1"),
    ("flange: 80 s", "flange: 0 s", "flange: 0 s", "machines.mill.operations.mill.flange", "more than zero"),
    ("flange: 80 s", "flange: -80 s", "flange: -80", "machines.mill.operations.mill.flange", "more than zero"),
    ("mean: 95 s", "mean: 95 m", "95 m", "machines.mill.operations.mill.bracket", "unknown unit 'm'"),
    ("{lognormal:", "{lognormall:", "lognormall", "machines.mill.operations.mill.bracket", "lognormal"),
    ("wash: 40 s", "wash: {exponental: 40 s}", "exponental",
     "machines.washer.operations.wash.exponental", "exponential"),
    ("wash: 40 s", "wash: {gamma: {mean: 4}}", "gamma", "machines.washer.operations.wash", "gamma takes"),
    ("{exponential: 6 h}", "{exponential: 0 h}", "0 h", "machines.mill.failures.spindle.between", "more than zero"),
    ("x: [1, 7], y: [1, 5], yaw: [0", "x: [7, 1], y: [1, 5], yaw: [0", "[7, 1]", "machines.mill.place.x", "low end"),
    ("count: {choose: [1, 2, 3]}", "count: {range: [1, 3]}", "range: [1", "machines.mill.count", "choose"),
    ("count: {choose: [1, 2, 3]}", "count: {choose: [1, 1]}", "[1, 1]", "machines.mill.count", "listed twice"),
    ("count: {choose: [1, 2, 3]}", "count: {choose: []}", "choose: []", "machines.mill.count", "choose: [a, b"),
    ("count: {choose: [1, 2, 3]}", "count: 0", "count: 0", "machines.mill.count", "from 1 to 100"),
    ("buffer: {in: {choose", "buffer: {inn: {choose", "inn:", "machines.mill.buffer.inn", "did you mean 'in'"),
    ("source: saturated", "source: saturatd", "saturatd", "machines.infeed.source", "saturated"),
    ("sink: true", "sink: perhaps", "perhaps", "machines.outfeed.sink", "true or false"),
    ("kind: robot", "kind: robbot", "robbot", "transport.tender.kind", "did you mean 'robot'"),
    ("    kind: robot\n", "", "tender:", "transport.tender.kind", "robot, conveyor, direct"),
    ("[first_come, nearest]", "[first_come, farthest]", "farthest", "transport.tender.dispatch", "longest_waiting"),
    ("{minimize: floor_area}", "{minimise: floor_area}", "minimise",
     "objectives[1].minimise", "did you mean 'minimize'"),
    ("minimize: floor_area", "minimize: floor", "floor}", "objectives[1].minimize", "floor_area"),
    ("minimize: floor_area", "minimize: energy", "energy", "objectives[1]", "give machines or transports a power"),
    ("minimize: floor_area", "minimize: tardiness", "tardiness", "objectives[1]", "due at some time"),
    ("maximize: throughput", "maximize: throughptu", "throughptu", "objectives[0].maximize", "mean 'throughput'"),
    ("share: 70 %", "share: 170 %", "170", "products.bracket.share", "at most 1"),
    ("mass: 1.8 kg", "mass: 1.8 l", "1.8 l", "products.bracket.mass", "kg"),
    ("route: [mill, wash]", "route: []", "route: []", "products.bracket.route", "at least 1"),
    ("route: [mill, wash]", "route: [mill, 10]", "10]", "products.bracket.route[1]", 'quotes: "10"'),
    ("[8, 6], [0, 6]]", "[8, 6], [0]]", "[0]]", "floor.boundary[3]", "[x, y]"),
    ("[8, 6], [0, 6]]", "[8, .nan], [0, 6]]", ".nan", "floor.boundary[2][1]", "finite"),
    # names
    ("  washer:\n    model", "  wash.er:\n    model", "wash.er", "machines.wash.er", "must not hold '.'"),
    ("  washer:\n    model", "  wash/er:\n    model", "wash/er", "machines.wash/er", "wash-er"),
    ("  washer:\n    model", "  mill 1:\n    model", "  mill 1:", "machines.mill 1", "copies are called mill 1"),
    ("  tender:\n    kind", "  mill:\n    kind", "  mill:\n    kind", "transport.mill", "a machine has this name"),
    ("  flange: {model", "  gamma: {model", "gamma:", "products.gamma", "like a distribution"),
    ("  washer:\n    model", '  " washer":\n    model', '" washer"', "machines. washer", "spaces at its ends"),
    # time, floor
    ("warmup: 10 min", "warmup: 2 h", "warmup: 2 h", "time.warmup", "shorter than the horizon"),
    ("horizon: 2 h, warmup: 10 min, ", "horizon: 20 min, ", "time:", "time.horizon", "warm-up"),
    ("[8, 0], [8, 6], [0, 6]]", "[8, 6], [8, 0], [0, 6]]", "boundary:", "floor.boundary", "crosses itself at (4, 3)"),
    ("[8, 0], [8, 6], [0, 6]]", "[8, 0], [4, 0]]", "boundary:", "floor.boundary", "has no area"),
    ("[7.4, 5.4], [7, 5.4]", "[7, 5.4], [7.4, 5.4]", "column:", "floor.obstacles.column.polygon", "crosses itself"),
    # routes
    ("route: [mill, wash]", "route: [mill, wsh]", "wsh]", "products.bracket.route[1]", "did you mean 'wash'"),
    ("route: [mill, wash]", "route: [mill, washer]", "washer]", "products.bracket.route[1]", "that is a machine"),
    ("        flange: 80 s\n", "", "flange: {model", "products.flange.route[0]", "no machine does this operation for"),
    ("flange: 80 s", "flnge: 80 s", "flnge:", "machines.mill.operations.mill.flnge", "did you mean 'flange'"),
    ("source: saturated", "sink: false", "machines:", "machines", "no machine is a source"),
    ("sink: true", "sink: false", "machines:", "machines", "no machine is a sink"),
    ("operations: {wash: 40 s}", "source: saturated\n    operations: {wash: 40 s}", "bracket: {model",
     "products.bracket", "add 'source:' and one of infeed, washer"),
    ("operations: {wash: 40 s}", "sink: true\n    operations: {wash: 40 s}", "flange: {model", "products.flange",
     "add 'sink:' and one of washer, outfeed"),
    ("share: 30 %", "source: washer", "source: washer", "products.flange.source", "is no source"),
    ("share: 30 %", "sink: outfed", "sink: outfed", "products.flange.sink", "did you mean 'outfeed'"),
    ("serves: [infeed, mill, washer, outfeed]", "serves: [infeed, mill, outfeed]", "bracket: {model",
     "products.bracket.route[1]", "nothing brings parts from 'mill' (mill) to 'wash' (washer)"),
    ("serves: [infeed, mill, washer, outfeed]", "serves: [mill, washer, outfeed]", "flange: {model",
     "products.flange.route[0]", "nothing brings parts from the source (infeed) to 'mill'"),
    ("serves: [infeed, mill, washer, outfeed]", "serves: [infeed, mill, washer]", "bracket: {model",
     "products.bracket.route", "to the sink (outfeed)"),
    # transports
    ("[infeed, mill, washer, outfeed]", "[infeed, mil, washer, outfeed]", "serves", "transport.tender.serves[1]",
     "did you mean 'mill'"),
    ("[infeed, mill, washer, outfeed]", "[infeed, mill, mill 2, washer, outfeed]", "serves",
     "transport.tender.serves[2]", "name 'mill'"),
    ("[infeed, mill, washer, outfeed]", "[infeed, mill, mill, washer, outfeed]", "serves",
     "transport.tender.serves[2]", "served twice"),
    ("objectives:", "  belt: {kind: conveyor, from: infeed, to: wsher}\nobjectives:", "belt:", "transport.belt.to",
     "did you mean 'washer'"),
    ("objectives:", "  belt: {kind: conveyor, from: infeed, to: infeed}\nobjectives:", "belt:", "transport.belt.to",
     "begins and ends at the same machine"),
    ("objectives:", "  belt: {kind: conveyor, from: infeed, to: mill}\nobjectives:", "belt:", "transport.belt.to",
     "no 'in' port for a belt"),
    ("objectives:", "  belt: {kind: conveyor, from: washer, to: mill}\nobjectives:", "belt:", "transport.belt.from",
     "press has port 'table' (inout, arm)"),
    ("model: lib/press\n    operations: {wash", "model: lib/shelf\n    operations: {wash", "serves",
     "transport.tender.serves[2]", "no port for an arm"),
    ("mass: 1.8 kg", "mass: 4.1 kg", "mass: 4.1", "products.bracket.mass", "handler carries 4 kg"),
    # models
    ("model: lib/dock", "model: lib/dok", "lib/dok", "machines.infeed.model", "no model.yaml"),
    ("model: lib/dock", "model: cnc_mil", "cnc_mil", "machines.infeed.model", "cnc_mill"),
    ("model: lib/dock", "model: lib/block", "model: lib/block\n    source", "machines.infeed.model", "not of a part"),
    ("model: lib/handler", "model: lib/press", "model: lib/press\n    serves",
     "transport.tender.model", "not of a machine"),
    ("bracket: {model: lib/block", "bracket: {model: lib/handler", "lib/handler, mass", "products.bracket.model",
     "must be the model of a part"),
    # places
    ("place: {x: [1, 7], y: [1, 5]}", "place: {x: [9, 12], y: [1, 5]}", "[9, 12]", "machines.washer.place.x",
     "the floor reaches from 0 to 8 m"),
    ("place: {x: 7, y: 3, ", "place: {x: 7, y: -3, ", "y: -3", "machines.outfeed.place.y", "wholly outside"),
    ("place: {x: [1, 7], y: [1, 5], yaw: [0, 90, 180, 270]}", "place: {x: 3, y: 2}", "x: 3, y: 2}",
     "machines.mill.place", "up to 3 machines would stand on one spot"),
    ("[[0, 0], [8, 0], [8, 6], [0, 6]]", "[[0, 0], [8, 0], [8, 0.7], [0, 0.7]]", "model: lib/dock",
     "machines.infeed.model", "larger than the floor"),
    # objectives
    ("{minimize: floor_area}", "{minimize: floor_area, maximize: wip}", "maximize: wip",
     "objectives[1]", "one of them"),
    ("{minimize: floor_area}", "{tolerance: 1 %}", "tolerance: 1 %}]", "objectives[1]", "one of them"),
    ("{minimize: floor_area}", "{minimize: throughput}", "minimize: throughput", "objectives[1]", "is an aim already"),
    ("{minimize: floor_area}", "{minimize: investment}", "minimize: investment", "objectives[1]", "cannot be measured"),
    ("{minimize: floor_area}", "{minimize: floor_area, weight: 2}", "objectives", "objectives[0]", "has no weight"),
    # start
    ("  washer: {x: 3.5, y: 4.5}", "  wahser: {x: 3.5, y: 4.5}", "wahser", "start.wahser", "did you mean 'washer'"),
    ("  washer: {x: 3.5, y: 4.5}", "  washer: {x: 3.5}", "washer: {x: 3.5}", "start.washer", "gives no y for washer"),
    ("  washer: {x: 3.5, y: 4.5}\n", "", "start:", "start", "gives no x and y for washer"),
    ("  washer: {x: 3.5, y: 4.5}", "  washer: {x: 8, y: 4.5}", "x: 8", "start.washer.x", "from 1 m to 7 m"),
    ("  washer: {x: 3.5, y: 4.5}", "  washer: {x: 2 kg, y: 4.5}", "2 kg", "start.washer.x", "unknown unit 'kg'"),
    ("  washer: {x: 3.5, y: 4.5}", "  washer: {x: 3.5, y: 4.5, z: 1}", "z: 1", "start.washer.z", "it has"),
    ("  washer: {x: 3.5, y: 4.5}", "  washer: {x: 3.5, y: 4.5, yaw: 90}", "yaw: 90}\n  outfeed", "start.washer.yaw",
     "is fixed at 0 degrees"),
    ("  washer: {x: 3.5, y: 4.5}", "  washer: 3", "washer: 3\n", "start.washer", "must be a mapping"),
    ("y: 1.5, yaw: 180}\n  washer", "y: 1.5, yaw: 45}\n  washer", "yaw: 45", "start.mill 2.yaw", "90 degrees"),
    ("mill: {count: 2,", "mill: {count: 4,", "count: 4", "start.mill.count", "one of 1, 2, 3"),
    ("mill: {count: 2,", "mill: {count: 3,", "start:", "start", "gives no x, y and yaw for mill 3"),
    ("dispatch: nearest}", "dispatch: pull}", "dispatch: pull", "start.tender.dispatch", "first_come, nearest"),
    ("start:\n", "routing: {wash: {choose: [first_free, round_robin]}}\nstart:\n  routing: {wash: first_free}\n",
     "  routing:", "start.routing", "give it by operation: wash: {routing: ...}"),
    ("start:\n", "start: 5\nrest:\n", "rest:", "rest", "unknown key"),
    # YAML itself
    ("  washer:\n    model", "  mill:\n    model", "  mill:\n    model: lib/press\n    operations: {wash",
     "machines.mill", "given twice (first on line 15)"),
    ("  washer:\n", "\twasher:\n", "\twasher", "", "spaces only"),
    ("products:\n", "products: [\n", "flange: {model", "", "a comma or a closing bracket"),
    ("name: small cell", "name: small: cell", "small: cell", "", "quotes"),
    ("name: small cell", "name: !!python/name:os.system x", "python", "name", "not allowed here"),
    ("  bracket: {model", "  4711: {model", "4711", "products", 'quotes: "4711"'),
    ("seed: 3", "seed: 99999999999999999999", "9999999", "time.seed", "too large"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "blamed", "where", "words"), BAD, ids=lambda value: str(value)[:28])
def test_finding_names_line_path_and_remedy(
    write: Write, old: str, new: str, blamed: str, where: str, words: str
) -> None:
    assert old in SCENARIO
    text = SCENARIO.replace(old, new, 1)
    line = text[: text.index(blamed)].count("\n") + 1 + blamed.startswith("\n")
    path = write(text)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    there = [p for p in caught.value.problems if p.line == line and p.where == where]
    assert there, f"nothing about {where!r} on line {line} in:\n{caught.value}"
    assert any(words in f"{p.what} {p.value} {p.hint}" for p in there), str(caught.value)
    assert all(p.file == str(path) and p.line > 0 and p.what for p in caught.value.problems)


def test_the_scenario_of_the_table_is_fine(write: Write) -> None:
    scenario, odd = check_scenario(write(SCENARIO))
    assert odd == ()
    assert scenario.start is not None
    assert scenario.start["mill 1.x"] == 2.0
    assert scenario.start["mill.buffer.in"] == 1
    assert [v.name for v in scenario.variables][:3] == ["mill.count", "mill.buffer.in", "mill 1.x"]


def test_all_findings_of_a_stage_come_at_once(write: Write) -> None:
    text = (
        SCENARIO.replace("warmup: 10 min", "warmup: 3 h")
        .replace("route: [mill, wash]", "route: [mill, polish]")
        .replace("model: lib/handler", "model: lib/nothing")
        .replace("  washer: {x: 3.5, y: 4.5}", "  washer: {x: 0, y: 4.5}")
        .replace("{minimize: floor_area}", "{minimize: throughput}")
    )
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(text))
    places = [problem.where for problem in caught.value.problems]
    assert places == [
        "time.warmup", "products.bracket.route[1]", "transport.tender.model", "objectives[1]", "start.washer.x"
    ]  # fmt: skip


def test_mistakes_of_all_kinds_come_at_once(write: Write) -> None:
    """Schema, names, floor, routes, models, start: each on its line, and nothing that only follows of them."""
    changes = {
        "horizon: 2 h": "horizon: two",
        "[7, 5], [7.4, 5], [7.4, 5.4]": "[7, 5], [7.4, 5.4], [7.4, 5]",
        "share: 70 %": "share: 170 %",
        "route: [mill, wash]": "route: [mill, polish]",
        "buffer: {in": "bufer: {in",
        "wash: 40 s": "wash: -40 s",
        "sink: true": "sik: true",
        "kind: robot": "kind: robbot",
        "model: lib/handler": "model: lib/nothing",
        "minimize: floor_area": "minimise: floor_area",
        "outfeed: {yaw: -90}": "outfeed: {yaw: -900000}",
    }
    text = SCENARIO
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    wanted = {text[: text.index(new)].count("\n") + 1 for new in changes.values()}
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(text))
    assert {problem.line for problem in caught.value.problems} == wanted, str(caught.value)
    assert len(caught.value.problems) == len(changes), str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model: lib/dock", "modle: lib/dock"),
        ("products:\n", "prodcuts:\n"),
        ("serves: [infeed, mill, washer, outfeed]", "serves: [infeed, mil, washer, outfeed]"),
        ("[[0, 0], [8, 0], [8, 6], [0, 6]]", "[[0, 0], [8, 0], [4, 0]]"),
        ("[[0, 0], [8, 0], [8, 6], [0, 6]]", "[[0, 0], [8, 0]]"),
        ("mill: {count: 2,", "mill: {count: 4,"),
        ("  washer: {x: 3.5, y: 4.5}", "  wahser: {x: 3.5, y: 4.5}"),
        ("  washer:\n    model", "  mill:\n    model"),
        ("  bracket: {model", "  4711: {model"),
        ("seed: 3", "seed: 99999999999999999999"),
        ("wash: 40 s", "wash: 1,5 s"),
        ("operations: {wash: 40 s}", "operations: {wash: 1,5 s}"),
        ("kind: robot", "kind: robbot"),
        ("    kind: robot\n", ""),
        ("    place: {x: [2, 6], y: [2, 4]}\n", ""),
        ("sink: true", "sik: true"),
        ("yaw: 90}", "yaw: north}"),
        ("place: {x: 1, y: 3, yaw: 90}", "place: here"),
    ],
)
def test_one_mistake_is_one_finding(write: Write, old: str, new: str) -> None:
    assert old in SCENARIO
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(SCENARIO.replace(old, new, 1)))
    assert len(caught.value.problems) == 1, str(caught.value)


def test_all_schema_findings_come_at_once(write: Write) -> None:
    text = SCENARIO.replace("horizon: 2 h", "horizon: two").replace("sink: true", "sik: true").replace("80 s", "-80 s")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(text))
    assert [problem.where for problem in caught.value.problems] == [
        "time.horizon", "machines.mill.operations.mill.flange", "machines.outfeed.sik"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"- a\n- b\n", "must be a mapping"),
        (b"just text", "must be a mapping"),
        (b"name: \xff\xfe", "UTF-8"),
        (b"name: a\x00b", "control character"),
        (b"a: &a [*a]", "alias that holds itself"),
        (b"[" * 500, "nests too deep"),
        (b"a: *nothing", "begins with *"),
    ],
)
def test_what_is_no_scenario_at_all(root: Path, raw: bytes, words: str) -> None:
    path = root / "odd.yaml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError, match=r"odd\.yaml") as caught:
        load_scenario(path)
    assert words in str(caught.value)


def test_a_missing_file_names_its_neighbour(root: Path, write: Write) -> None:
    (root / "bracket_cell.yaml").write_text("name: x")
    with pytest.raises(ScenarioError, match=r"did you mean 'bracket_cell\.yaml'"):
        load_scenario(root / "braket_cell.yaml")
    with pytest.raises(ScenarioError, match="is a folder"):
        load_scenario(root)


def test_merge_keys_and_aliases_are_understood(write: Write) -> None:
    text = SCENARIO.replace("  washer:\n    model: lib/press\n", "  washer:\n    <<: *press\n").replace(
        "  mill:\n    model: lib/press\n", "  mill:\n    <<: &press {model: lib/press, servers: 2}\n"
    )
    machines = load_scenario(write(text)).spec.machines
    assert machines["washer"].model == "lib/press"
    assert machines["washer"].servers == 2


def test_digest_follows_file_and_models(root: Path, tmp_path: Path, write: Write) -> None:
    import shutil

    text = SCENARIO
    (tmp_path / "cell.yaml").write_text(text)
    shutil.copytree(root / "lib", tmp_path / "lib")
    first = load_scenario(write(text)).digest
    assert load_scenario(tmp_path / "cell.yaml").digest == first  # wherever it lies
    hulls = tmp_path / "lib" / "press" / "hulls.obj"
    hulls.write_text(hulls.read_text() + "# changed\n")
    assert load_scenario(tmp_path / "cell.yaml").digest != first
    assert load_scenario(write(text + "\n# changed\n")).digest != first
