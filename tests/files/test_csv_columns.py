"""Times and orders kept in CSV files: read, part of the digest, frozen with a run, and each slip told with its line."""

from __future__ import annotations

import pytest

from layout.errors import ScenarioError
from layout.files.freeze import freeze
from layout.files.scenario import check_scenario, load_scenario

CELL = """name: a row
floor: {boundary: [[0, 0], [9, 0], [9, 6], [0, 6]]}
products: {block: {model: part_bracket, route: [saw, mill]}}
machines:
  saw:
    model: band_saw
    source: {schedule: orders.csv}
    operations: {saw: {empirical: {file: data/times.csv, column: seen, unit: min}}}
    place: {x: 2, y: 3}
  mill: {model: cnc_mill, sink: true, operations: {mill: {empirical: [9 s, 11 s]}}, place: {x: 6, y: 3}}
transport: {chute: {kind: direct, from: saw, to: mill}}
"""
TIMES = "when,seen\n08:00,1.5\n08:02,0.5\n\n08:05,1\n"
ORDERS = "at,product,number,due\n0,block,3,2 h\n90 min,block,,\n"


@pytest.fixture
def cell(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "cell.yaml").write_text(CELL)
    (tmp_path / "data" / "times.csv").write_text(TIMES)
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path / "cell.yaml"


def machine(scenario, name):
    return scenario.spec.machines[name]


def test_columns_are_read(cell):
    scenario = load_scenario(cell)
    saw = machine(scenario, "saw")
    assert saw.operations["saw"].kind == "empirical"
    assert saw.operations["saw"].parameters == (30.0, 60.0, 90.0)
    orders = [(order.at_s, order.product, order.number, order.due_s) for order in saw.source.schedule]
    assert orders == [(0.0, "block", 3, 7200.0), (5400.0, "block", 1, None)]


def test_semicolons_and_a_byte_order_mark(cell):
    (cell.parent / "orders.csv").write_text("\ufeff" + ORDERS.replace(",", ";"))
    assert machine(load_scenario(cell), "saw").source.schedule[0].number == 3


def test_their_contents_are_part_of_the_digest(cell):
    before = load_scenario(cell).digest
    (cell.parent / "data" / "times.csv").write_text(TIMES.replace("1.5", "1.6"))
    assert load_scenario(cell).digest != before


@pytest.mark.parametrize("outside", [False, True])
def test_they_are_frozen_with_a_run(cell, tmp_path_factory, outside):
    if outside:
        home = tmp_path_factory.mktemp("elsewhere")
        (home / "cell.yaml").write_text(CELL.replace("orders.csv", str(cell.parent / "orders.csv")))
        (home / "data").mkdir()
        (home / "data" / "times.csv").write_text(TIMES)
        cell = home / "cell.yaml"
    scenario, folder = load_scenario(cell), tmp_path_factory.mktemp("run")
    freeze(scenario, folder)
    frozen = load_scenario(folder / "scenario.yaml")
    assert frozen.spec == scenario.spec
    assert str(cell.parent) not in (folder / "scenario.yaml").read_text()


@pytest.mark.parametrize(
    ("file", "was", "now", "line", "says"),
    [
        ("orders.csv", "90 min", "90 minutes", 3, "unknown unit"),
        ("orders.csv", "block,3", "block,three", 2, "not a whole number"),
        ("orders.csv", "at,product", "ad,product", 1, "has no column 'at'"),
        ("orders.csv", "0,block,3", ",block,3", 2, "gives no time"),
        ("orders.csv", "block,3", "block,0", 2, "must be at least 1"),
        ("orders.csv", "90 min", "-90 min", 3, "must be at least 0"),
        ("orders.csv", "90 min,block", "90 min,blok", 3, "did you mean 'block'"),
        ("orders.csv", "0,block,3,2 h", "3 h,block,3,2 h", 2, "due before it comes"),
        ("data/times.csv", "0.5", "-0.5", 3, "less than nothing"),
        ("data/times.csv", "0.5", "half", 3, "not a time"),
        ("data/times.csv", TIMES, "when,seen\n", 1, "no rows"),
        ("data/times.csv", TIMES, "", 1, "no rows"),
        ("cell.yaml", "column: seen", "column: sean", 1, "did you mean 'seen'"),
        ("cell.yaml", "column: seen", "colum: seen", 8, "names no column"),
        ("cell.yaml", "orders.csv", "order.csv", 7, "did you mean 'orders.csv'"),
    ],
)
def test_slip_is_told(cell, file, was, now, line, says):
    path = cell.parent / file
    assert was in path.read_text()
    path.write_text(path.read_text().replace(was, now, 1))
    with pytest.raises(ScenarioError) as caught:
        check_scenario(cell)
    found = [(problem.line, f"{problem.what} {problem.hint}") for problem in caught.value.problems]
    assert any(at == line and says in words for at, words in found), found


def test_an_order_of_an_unknown_product_is_told(cell):
    (cell.parent / "orders.csv").write_text(ORDERS.replace("90 min,block", "90 min,blok"))
    with pytest.raises(ScenarioError, match="did you mean 'block'"):
        check_scenario(cell)
