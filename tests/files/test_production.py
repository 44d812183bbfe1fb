"""Set-ups, quality, assembly, carriers, people, shifts and schedules of a scenario: read, and each slip told."""

from __future__ import annotations

import pytest

from layout.errors import ScenarioError
from layout.files.layouts import dump_layout, load_layout
from layout.files.scenario import check_scenario
from layout.model.line import Layout
from layout.model.realise import largest_line, realise
from tests.files import library

CELL = """name: a cell
floor: {boundary: [[0, 0], [12, 0], [12, 9], [0, 9]]}
shifts:
  day: {on: [[0 h, 4 h], [4.5 h, 8 h]], every: 24 h}
people:
  fitters: {number: {choose: [1, 2]}, repairs: [press], shift: day}
  crew: {runs: [press 1], sets_up: [press]}
routing: {press: {choose: [round_robin, first_free]}}
products:
  block:
    model: lib/block
    mass: 2 kg
    route: [load, press, unload]
    components: {load: {tray: 1}, press: {lid: 2}}
    releases: {unload: {tray: 1}}
  lid: {model: lib/block, route: [], share: 50 %}
  tray: {model: lib/block, route: [], circulates: 2}
machines:
  infeed:
    model: lib/shed
    source: {schedule: [{at: 1 h, product: block, number: 5, due: 4 h}, {at: 0 h, product: lid, number: 10}]}
    place: {x: 1, y: 3}
  loading: {model: lib/press, operations: {load: 5 s}, place: {x: 4, y: 1}}
  press:
    model: lib/press
    count: 2
    operations: {press: {block: 20 s}}
    blocking: before
    setup: {block: {lid: 3 min}}
    batch: 4
    quality: {press: {scrap: 2 %, rework: {share: 3 %, to: press}}}
    inlets: {lid: 6}
    shift: day
    power: {working: 8 kW, idle: 900 W}
    failures: {jam: {between: 2 h, repair: 5 min}}
    place: {x: [3, 9], y: 6}
  unloading: {model: lib/press, operations: {unload: 5 s}, place: {x: 8, y: 1}}
  store: {model: lib/shed, sink: true, place: {x: 10, y: 3}}
transport:
  a: {kind: direct, from: infeed, to: loading}
  b: {kind: direct, from: loading, to: press}
  c: {kind: direct, from: press, to: unloading}
  d: {kind: direct, from: unloading, to: store}
  e: {kind: direct, from: unloading, to: loading}
  f: {kind: direct, from: infeed, to: press}
"""

SLIPS = [
    ("[4.5 h, 8 h]", "[8 h, 4.5 h]", "shifts.day.on[1]", "ends before it begins"),
    ("[4.5 h, 8 h]", "[3 h, 8 h]", "shifts.day.on[1]", "begins before the span above it ends"),
    ("every: 24 h", "every: 7 h", "shifts.day.on[1]", "set 'every'"),
    ("repairs: [press], shift: day", "repairs: [press], shift: dya", "people.fitters.shift", "did you mean 'day'"),
    ("repairs: [press]", "repairs: [presss]", "people.fitters.repairs[0]", "did you mean 'press'"),
    ("repairs: [press]", "repairs: [press, press]", "people.fitters.repairs[1]", "name it once"),
    ("{runs: [press 1], sets_up: [press]}", "{}", "people.crew", "have nothing to do"),
    ("routing: {press:", "routing: {pres:", "routing.pres", "did you mean 'press'"),
    ("route: [], share: 50 %", "route: [weld], share: 2", "products.lid.route[0]", "no machine does this operation"),
    ("components: {load: {tray: 1}", "components: {laod: {tray: 1}", "products.block.components.laod", "did you mean"),
    ("press: {lid: 2}", "press: {lied: 2}", "products.block.components.press.lied", "did you mean 'lid'"),
    ("circulates: 2", "circulates: 3", "products.tray.circulates", "inlets: {tray: 3}"),
    ("    releases: {unload: {tray: 1}}\n", "", "products.tray.circulates", "not both joined and released"),
    ("circulates: 2", "circulates: 2, source: infeed", "products.tray.source", "remove the source"),
    ("route: [], share: 50 %", "route: [], share: 50 %, sink: store", "products.lid.sink", "remove the sink"),
    ("setup: {block: {lid: 3 min}}", "setup: {block: {lit: 3 min}}", "machines.press.setup.block.lit", "did you mean"),
    ("setup: {block: {lid: 3 min}}", "setup: 3 minutes", "machines.press.setup", "unknown unit"),
    ("scrap: 2 %", "scrap: 98 %", "machines.press.quality.press", "no part would ever pass"),
    ("3 %, to: press", "3 %, to: unload", "machines.press.quality.press.rework.to", "up to 'press': load, press"),
    ("3 %, to: press", "3 %, to: load", "machines.press.quality.press.rework.to", "would join or release tray twice"),
    ("quality: {press:", "quality: {prss:", "machines.press.quality.prss", "did you mean 'press'"),
    ("inlets: {lid: 6}", "inlets: {tray: 6}", "machines.press.inlets.tray", "is not joined to anything here"),
    ("inlets: {lid: 6}", "inlets: {lid: 1}", "machines.press.inlets.lid", "'press' takes 2 of lid for each block"),
    ("{schedule: [{at: 1 h, product: block, number: 5, due: 4 h}, {at: 0 h, product: lid, number: 10}]}",
     "{schedule: []}", "machines.infeed.source.schedule", "orders nothing"),
    ("{schedule: [{at: 1 h, product: block, number: 5, due: 4 h}, {at: 0 h, product: lid, number: 10}]}",
     "{}", "machines.infeed.source", "must be 'saturated'"),
    ("{block: {lid: 3 min}}", "{block: {block: 3 min}}", "machines.press.setup.block.block", "no change-over"),
    ("route: [], share: 50 %", "route: [load], share: 50 %, components: {load: {block: 1}}", "products.lid.components",
     "would be part of itself"),
    ("press: {block: 20 s}", "press: {block: 1e12 s}", "machines.press.operations.press.block", "is the unit right?"),
    ("due: 4 h", "due: 1 h", "machines.infeed.source.schedule[0].due", "is due before it comes"),
    ("product: block, number", "product: blok, number", "machines.infeed.source.schedule[0].product", "did you mean"),
    ("product: lid, number", "product: tray, number", "machines.infeed.source.schedule[1].product", "enters here"),
    ("source: {schedule:", "source: {arrivals: 9 s, schedule:", "machines.infeed.source", "give one of the two"),
    ("idle: 900 W", "idle: 900 Watts", "machines.press.power.idle", "unknown unit"),
    ("batch: 4", "batch: 0", "machines.press.batch", "at least 1"),
    ("blocking: before", "blocking: never", "machines.press.blocking", "after, before"),
    ("from: unloading, to: loading", "from: unloading, to: press", "products.tray.route", "to where it is joined"),
]  # fmt: skip


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    root = tmp_path_factory.mktemp("production")
    library.part(root / "lib", "block")
    for name in ("press", "shed"):
        library.machine(root / "lib", name, library.ARM_PORT.format(port="table", kind="inout"))
    return root / "cell.yaml"


def test_is_read(cell):
    cell.write_text(CELL)
    scenario, _ = check_scenario(cell)
    assert [v.name for v in scenario.variables if v.field in ("number", "routing")] == [
        "fitters.number", "press.routing",
    ]  # fmt: skip
    line = realise(scenario, Layout({"press 1.x": 4.0, "press 2.x": 8.0, "fitters.number": 2,
                                     "press.routing": "first_free"}))  # fmt: skip
    press, lid, tray = line.stations["press 1"], line.products["lid"], line.products["tray"]
    assert press.setup["block"]["lid"].mean_s == 180
    assert (press.batch, press.blocking, press.inlets) == (4, "before", {"lid": 6})
    assert press.power.working_w == 8000
    assert line.stations["loading"].inlets == {"tray": 2}
    assert [order.at_s for order in line.stations["infeed"].schedule] == [0, 3600]
    assert not line.stations["infeed"].saturated
    assert line.staff["fitters"].number == 2
    assert line.staff["fitters"].repairs == ("press 1", "press 2")
    assert line.staff["crew"].runs == ("press 1",)
    assert line.routing == {"press": "first_free"}
    assert (lid.sources, lid.sinks, lid.joined, lid.released) == (("infeed",), ("press 1", "press 2"), True, False)
    assert (tray.sources, tray.sinks, tray.circulates, tray.share) == (("unloading",), ("loading",), 2, 0.0)
    assert line.products["block"].share == pytest.approx(2 / 3)


def test_what_is_parted_from_a_product_may_just_leave(cell):
    """Its route may be empty; that of a product which nothing is parted from, or joined to, may not."""
    chip = "products:\n  chip: {model: lib/block, route: []}"
    cell.write_text(CELL.replace("products:", chip).replace("unload: {tray: 1}", "unload: {tray: 1, chip: 1}"))
    scenario, _ = check_scenario(cell)
    made = largest_line(scenario).products["chip"]
    assert (made.route, made.sources, made.sinks, made.released) == ((), ("unloading",), ("store",), True)
    cell.write_text(CELL.replace("products:", chip))
    with pytest.raises(ScenarioError, match="needs at least 1 entry"):
        check_scenario(cell)


@pytest.mark.parametrize(("was", "now", "where", "says"), SLIPS)
def test_slip_is_told(cell, was, now, where, says):
    assert CELL.count(was) == 1, was
    cell.write_text(CELL.replace(was, now))
    with pytest.raises(ScenarioError) as caught:
        check_scenario(cell)
    found = {problem.where: f"{problem.what} {problem.hint}" for problem in caught.value.problems}
    assert where in found, found
    assert says in found[where]


def test_people_and_rules_in_layout_files(cell, tmp_path):
    """What a search found is read back, and what a scenario has settled may be said again."""
    cell.write_text(CELL)
    scenario, _ = check_scenario(cell)
    found = {"press 1.x": 4.0, "press 2.x": 8.0, "fitters.number": 2, "press.routing": "first_free"}
    path = tmp_path / "found.yaml"
    path.write_text(dump_layout(Layout(found), scenario) + "  crew: {number: 1}\n")
    assert load_layout(path, scenario).values == found
    for old, new, words in [
        ("routing: first_free", "routing: 3", "name of a routing rule"),
        ("routing: first_free", "routing: shortest_queue", "one of round_robin, first_free"),
        ("number: 2", "number: two", "whole number"),
        ("  crew: {number: 1}", "  crew: {number: 2}", "is fixed at 1"),
    ]:
        path.write_text((dump_layout(Layout(found), scenario) + "  crew: {number: 1}\n").replace(old, new, 1))
        with pytest.raises(ScenarioError, match=words):
            load_layout(path, scenario)


def test_the_most_that_a_scenario_may_make_is_with_all_its_people(cell):
    cell.write_text(CELL)
    scenario, _ = check_scenario(cell)
    assert largest_line(scenario).staff["fitters"].number == 2
