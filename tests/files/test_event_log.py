"""Event logs hold every event, and OCEL 2.0 logs keep the standard's rules."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from layout.errors import LayoutError
from layout.files.event_log import EPOCH, activities, object_log, read_table, stamp, table, targets, write_log
from layout.model.line import Staff
from layout.model.results import TraceEvent
from tests.flow.builders import arm, belt, fleet, line, link, product, station

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")  # date-time of JSON schema, in UTC
KINDS = {"string", "time", "integer", "float", "boolean"}  # value types of OCEL 2.0


@pytest.fixture
def made():
    stations = [station("in", source="saturated"), station("mill", {"cut": 5.0}, products=["gear", "rod"]),
                station("out", sink=True)]  # fmt: skip
    products = [product("gear", ["cut"], sources=["in"], sinks=["out"]),
                product("rod", ["cut"], sources=["in"], sinks=["out"])]  # fmt: skip
    return line(stations, products, arms=[arm("robot", ["in", "mill"])], belts=[belt("mill", "out", "belt")],
                links=[link("in", "out", 1.0, "chute")], fleets=[fleet("carts", 2, ["in", "mill"])])  # fmt: skip


@pytest.fixture
def events():
    return [
        TraceEvent(0.0, 2.0, "in", "blocked", 0, "gear", "in", "in"),
        TraceEvent(0.0, 2.0, "robot", "handling", 0, "gear", "in", "in"),
        TraceEvent(2.0, 4.25, "robot", "moving_loaded", 0, "gear", "in", "mill"),
        TraceEvent(4.25, 6.0, "robot", "handling", 0, "gear", "mill", "mill"),
        TraceEvent(6.0, 9.0, "mill", "working", 0, "gear", "mill", "mill", "cut"),
        TraceEvent(6.0, 7.0, "robot", "moving_empty", -1, "", "mill", ""),
        TraceEvent(9.0, 20.0, "mill", "down", 0, "gear", "mill", "mill"),
        TraceEvent(10.0, 12.0, "carts 2", "handling", 1, "rod", "in", "in"),
        TraceEvent(12.0, 15.5, "carts 2", "moving_loaded", 1, "rod", "in", "mill"),
        TraceEvent(15.5, 17.5, "carts 2", "handling", 1, "rod", "mill", "mill"),
        TraceEvent(17.5, 3700.000001, "mill", "waiting", 1, "rod", "mill", "mill"),
        TraceEvent(20.0, 20.3, "belt", "transit", 0, "gear", "mill", "out"),
        TraceEvent(21.0, 22.0, "chute", "transit", 2, "gear", "in", "out"),
    ]


def check_ocel(log):
    """The rules of the OCEL 2.0 JSON schema, and of the standard beyond it; by hand, after www.ocel-standard.org."""
    assert set(log) == {"eventTypes", "objectTypes", "events", "objects"}
    types = {}
    for kind in ("eventTypes", "objectTypes"):
        for each in log[kind]:
            assert set(each) == {"name", "attributes"}
            assert all(set(a) == {"name", "type"} and a["type"] in KINDS for a in each["attributes"])
        types[kind] = {each["name"]: {a["name"]: a["type"] for a in each["attributes"]} for each in log[kind]}
        assert len(types[kind]) == len(log[kind])
    known = {each["id"] for each in log["objects"]}
    assert len(known) == len(log["objects"])
    assert len({each["id"] for each in log["events"]}) == len(log["events"])
    for each in log["objects"]:
        assert set(each) == {"id", "type", "attributes", "relationships"}
        check_attributes(each, types["objectTypes"], {"name", "time", "value"})
        assert all(TIME.fullmatch(a["time"]) for a in each["attributes"])
    for each in log["events"]:
        assert set(each) == {"id", "type", "time", "attributes", "relationships"}
        assert TIME.fullmatch(each["time"])
        check_attributes(each, types["eventTypes"], {"name", "value"})
        assert each["relationships"], "an event without an object is in nobody's history"
    for each in (*log["objects"], *log["events"]):
        for relation in each["relationships"]:
            assert set(relation) == {"objectId", "qualifier"} and relation["objectId"] in known
        pairs = [(r["objectId"], r["qualifier"]) for r in each["relationships"]]
        assert len(set(pairs)) == len(pairs)


def check_attributes(each, types, fields):
    declared = types[each["type"]]
    for attribute in each["attributes"]:
        assert set(attribute) == fields
        kind, value = declared[attribute["name"]], attribute["value"]
        assert isinstance(value, float if kind == "float" else str)
        assert kind != "time" or TIME.fullmatch(value)


def test_the_object_log_keeps_the_standard(made, events):
    log = object_log(made, events)
    check_ocel(json.loads(json.dumps(log)))
    assert len(log["events"]) == len(events)
    assert [e["time"] for e in log["events"]] == sorted(e["time"] for e in log["events"])
    assert {t["name"] for t in log["objectTypes"]} == {"part", "product", "machine", "transport", "people"}
    kinds = {o["id"]: o["type"] for o in log["objects"]}
    assert kinds["machine mill"] == "machine" and kinds["transport carts 2"] == "transport"
    assert sum(kind == "part" for kind in kinds.values()) == 3


@pytest.mark.parametrize("fault", ["dangling", "twice", "untyped", "no zone"])
def test_the_check_itself_can_fail(made, events, fault):
    log = object_log(made, events)
    if fault == "dangling":
        log["objects"] = log["objects"][:-1]
    elif fault == "twice":
        log["events"].append(log["events"][0])
    elif fault == "untyped":
        log["eventTypes"] = log["eventTypes"][1:]
    else:
        log["events"][0]["time"] = log["events"][0]["time"].rstrip("Z")
    with pytest.raises((AssertionError, KeyError)):
        check_ocel(log)


def test_relations_say_who_what_and_where(made, events):
    log = object_log(made, events)
    seen = {
        (e["type"], e["time"]): {(r["qualifier"], r["objectId"]) for r in e["relationships"]} for e in log["events"]
    }
    assert seen["cut", stamp(9.0)] == {("resource", "machine mill"), ("item", "part 0")}
    assert seen["carry", stamp(4.25)] == {
        ("resource", "transport robot"), ("item", "part 0"), ("from", "machine in"), ("to", "machine mill")
    }  # fmt: skip
    assert seen["pick", stamp(2.0)] == {("resource", "transport robot"), ("item", "part 0"), ("at", "machine in")}
    assert ("at", "machine mill") in seen["place", stamp(17.5)]
    assert seen["move empty", stamp(7.0)] == {("resource", "transport robot"), ("from", "machine mill")}
    part = next(o for o in log["objects"] if o["id"] == "part 1")
    assert part["relationships"] == [{"objectId": "product rod", "qualifier": "is a"}]


def test_a_name_may_be_a_machine_and_a_product(events):
    made = line([station("gear", {"cut": 1.0}, source="saturated", sink=True, products=["gear"])],
                [product("gear", ["cut"], sources=["gear"], sinks=["gear"])])  # fmt: skip
    check_ocel(object_log(made, [TraceEvent(0.0, 1.0, "gear", "working", 0, "gear", "gear", "gear", "cut")]))


def test_the_table_is_the_trace(events, tmp_path):
    path = tmp_path / "run.csv"
    path.write_text(table(events), encoding="utf-8")
    assert list(read_table(path)) == events
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["activity"] for row in rows] == activities(events)
    assert rows[5]["part"] == "" and rows[0]["part"] == "0"
    for row, event in zip(rows, events, strict=True):
        began = datetime.fromisoformat(row["start_timestamp"].replace("Z", "+00:00"))
        assert (began - EPOCH).total_seconds() == pytest.approx(event.start_s, abs=1e-6)
    assert rows[10]["timestamp"] == "2001-01-01T01:01:40.000001Z"


def test_activities_are_operations_or_what_is_done(events):
    assert activities(events) == [
        "be blocked", "pick", "carry", "place", "cut", "move empty", "be down", "pick", "carry", "place", "wait",
        "carry", "carry",
    ]  # fmt: skip


def test_files_by_suffix(made, events, tmp_path):
    assert write_log(tmp_path / "a.csv", made, events) == (tmp_path / "a.csv",)
    assert write_log(tmp_path / "a.jsonocel", made, events) == (tmp_path / "a.jsonocel",)
    assert write_log(tmp_path / "run", made, events) == (tmp_path / "run.csv", tmp_path / "run.json")
    check_ocel(json.loads((tmp_path / "run.json").read_text(encoding="utf-8")))
    assert list(read_table(tmp_path / "run.csv")) == events


@pytest.mark.parametrize(
    ("name", "words"),
    [("run.xlsx", "another suffix"), ("no/run.csv", "the folder is not there"), ("sub", "is a folder"),
     ("other", "is a folder")],
)  # fmt: skip
def test_where_a_log_cannot_go(made, events, tmp_path, name, words):
    (tmp_path / "sub").mkdir()
    (tmp_path / "other.json").mkdir()
    with pytest.raises(LayoutError, match=words):
        targets(tmp_path / name)
    with pytest.raises(LayoutError, match=words):
        write_log(tmp_path / name, made, events)
    assert not Path(tmp_path / "other.csv").exists()


@pytest.mark.parametrize("line_", ["0,cut,mill", "x,cut,mill,,,0,1,working,gear,cut,mill,mill",
                                   "0,cut,mill,,,nan,1,working,gear,cut,mill,mill"])  # fmt: skip
def test_a_broken_table_is_named(tmp_path, line_):
    path = tmp_path / "run.csv"
    path.write_text(table([]) + line_ + "\n", encoding="utf-8")
    with pytest.raises(LayoutError, match=re.escape(str(path))):
        read_table(path)


def test_people_are_resources_and_an_unknown_one_is_named(made):
    crewed = replace(made, staff={"fitters": Staff("fitters", 2, repairs=("mill",))})
    log = object_log(crewed, [TraceEvent(1.0, 2.0, "fitters", "working", -1, "", "mill", "mill")])
    assert {"id": "people fitters", "type": "people"}.items() <= next(
        each for each in log["objects"] if each["id"] == "people fitters"
    ).items()
    assert {"objectId": "people fitters", "qualifier": "resource"} in log["events"][0]["relationships"]
    check_ocel(log)
    with pytest.raises(LayoutError, match=r"a resource that the line does not have.*did you mean 'fitters'"):
        object_log(crewed, [TraceEvent(1.0, 2.0, "fitter", "working", -1, "", "mill", "mill")])
