"""What was worked out once is found again: in memory, on disk, by other processes; whatever the disk does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from layout import motion
from layout.files.assets import load_model
from layout.model.floor import Area
from layout.model.pose import Pose
from layout.motion import arms, cache, whole
from layout.motion.cache import Store, pack, unpack

FIELDS = ("approach", "handover", "line_s", "move_s", "way_m")


@pytest.fixture(autouse=True)
def _own_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("LINE_LAYOUT_CACHE", str(tmp_path / "cache"))
    arms.clear_caches()
    yield
    arms.clear_caches()


@pytest.fixture
def cells(block, tend, work):
    """cells(x) -> Line: an arm between two blocks, a column in the way, the second block at x."""
    model = load_model("arm_16kg_r2010")
    column = Area(polygon=[[0.8, 0.8], [1.0, 0.8], [1.0, 1.0], [0.8, 1.0]], height="2.5 m")

    def make(x):
        stations = [block("left", 0.2, 1.2), block("right", x, 0.2)]
        return work(stations, [tend(model, ["left", "right"])], obstacles={"column": column})

    return make


def same(one, other) -> bool:
    ways = one.ways.keys() == other.ways.keys() and all(
        np.array_equal(way.points, other.ways[key].points) and np.array_equal(way.speeds, other.ways[key].speeds)
        for key, way in one.ways.items()
    )
    lines = all(np.array_equal(a.angles, b.angles) for a, b in zip(one.lines, other.lines, strict=True))
    return ways and lines and all(np.array_equal(getattr(one, f), getattr(other, f)) for f in FIELDS)


def test_each_distinct_cell_is_worked_out_once(cells) -> None:
    """A search of 30 candidates that visits 5 places computes 5 tours; a rerun with an empty memory computes none."""
    places = [1.1 + 0.02 * (k % 5) for k in range(30)]
    for x in places:
        motion.plan(cells(x))
    info = motion.cache_info()
    assert (info.computed, info.disk, info.memory) == (5, 0, 25) and info.moves >= 10
    arms.clear_caches()
    for x in places:
        motion.plan(cells(x))
    info = motion.cache_info()
    assert (info.computed, info.disk, info.memory, info.moves) == (0, 5, 25, 0)


def test_speed_and_place_of_the_cell_are_no_part_of_the_key(cells) -> None:
    line = cells(1.2)
    fast = motion.plan(line).arms["arm"]
    slow = motion.plan(replace(line, arms={"arm": replace(line.arms["arm"], speed=0.5)})).arms["arm"]
    assert np.allclose(slow.loaded_s, 2 * fast.loaded_s)
    arm = replace(line.arms["arm"], pose=Pose(0.0, 0.0, 0.3))
    motion.plan(replace(line, arms={"arm": arm}))
    assert motion.cache_info().computed == 2  # the arm turned among what stands: another cell


def test_the_disk_gives_back_what_it_was_given(cells) -> None:
    first = whole.works(cells(1.2))[0]["arm"].tour
    assert first.ways
    arms.clear_caches()
    again = whole.works(cells(1.2))[0]["arm"].tour
    assert again is not first and same(first, again)
    assert motion.cache_info().disk == 1
    blocked = replace(first, blocked=(cache.Blocked(0, 1, 0.25, "wall", "link_3"),))
    assert unpack(pack(blocked), 6, 2).blocked == blocked.blocked


def test_torn_entries_are_worked_out_again(cells, tmp_path) -> None:
    first = whole.works(cells(1.2))[0]["arm"].tour
    data = pack(first)
    rng = np.random.default_rng(0)
    assert unpack(data, 6, 2) is not None
    assert unpack(data, 7, 2) is None and unpack(data, 6, 3) is None and unpack(b"", 6, 2) is None
    for _ in range(50):
        spoilt = bytearray(data)
        spoilt[rng.integers(len(spoilt))] ^= 1 << rng.integers(8)
        assert unpack(bytes(spoilt), 6, 2) is None
        assert unpack(data[: rng.integers(len(data))], 6, 2) is None
    import sqlite3

    arms.clear_caches()
    with sqlite3.connect(tmp_path / "cache" / "tours.sqlite") as db:
        assert db.execute("update tours set data = ?", (data[:100],)).rowcount == 1
    db.close()
    assert same(whole.works(cells(1.2))[0]["arm"].tour, first)
    assert motion.cache_info().computed == 1


def test_a_torn_file_is_begun_anew(cells, tmp_path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "tours.sqlite").write_bytes(b"no database at all" * 100)
    whole.works(cells(1.2))
    arms.clear_caches()
    whole.works(cells(1.2))
    assert motion.cache_info().disk == 1


@pytest.mark.parametrize("where", ["", "/dev/null/nowhere"])
def test_no_disk_is_no_trouble(cells, monkeypatch, where) -> None:
    monkeypatch.setenv("LINE_LAYOUT_CACHE", where)
    arms.clear_caches()
    whole.works(cells(1.2))
    assert motion.cache_info().computed == 1


def test_the_store_stays_within_its_size(cells, tmp_path) -> None:
    """The entries that were not used for longest go."""
    tour = whole.works(cells(1.2))[0]["arm"].tour
    data = pack(tour)
    most = 20 * len(data)
    store = Store.open(tmp_path / "small", most)
    assert store is not None
    for k in range(200):
        store.put(k.to_bytes(2, "little"), data)
        assert store.size_bytes() <= most * 1.2
    assert store.get((199).to_bytes(2, "little"), 6, 2) is not None
    assert store.get((0).to_bytes(2, "little"), 6, 2) is None
    store.close()


WRITER = """
import sys
from pathlib import Path
from layout.motion.cache import Store, unpack
folder, name, data = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes()
store = Store.open(folder, 40 * len(data))
for k in range(150):
    store.put(f"{name}{k}".encode(), data)
    found = store.get(f"{name}{k}".encode(), 6, 2)
    assert found is None or found.blocked == ()
store.close()
print("done")
"""


def test_two_processes_share_it(cells, tmp_path) -> None:
    """Both write and evict at once; neither fails, and what is there can be read."""
    data = tmp_path / "tour"
    data.write_bytes(pack(whole.works(cells(1.2))[0]["arm"].tour))
    shared = tmp_path / "shared"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(shared), name, str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for name in "ab"
    ]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0 and out.strip() == b"done", err.decode()
    store = Store.open(shared)
    assert store is not None and store.size_bytes() > 0
    store.close()
