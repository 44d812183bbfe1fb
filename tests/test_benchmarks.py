"""The benchmarks run, and what is compared agrees: they stop where it does not. No speed is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXPERIMENTS = Path(__file__).parents[1] / "experiments"


def figures_of(script: str, picture: Path, *part: str) -> dict[str, Any]:
    path = EXPERIMENTS / "benchmarks" / script
    done = subprocess.run([sys.executable, str(path), *part, "--quick", "--json", "--plot", str(picture)],
                          capture_output=True, text=True, check=False, timeout=900)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 10_000
    found: dict[str, Any] = json.loads(done.stdout)
    return found


TRAFFIC = {
    "waits_s": {"carts": [1.4, 0.2, 1.5, 0.1]}, "assumed": [-0.05, 0.01], "learnt": [0.0, 0.01], "shifts": 2,
    "incidents": 0,
}  # fmt: skip


def test_flow_against_other_simulators(tmp_path: Path) -> None:
    figures = figures_of("flow.py", tmp_path / "scaling.png")
    for name in (
        "heap_vs_simpy",
        "recursion_vs_simpy",
        "heap_vs_salabim",
        "heap_vs_ciw",
        "shift_ms",
        "first_call_s",
        "later_call_s",
    ):
        assert figures[name] > 0
    assert set(figures["scaling"]) == {"machines", "parts"}


def test_physics_against_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = figures_of("physics.py", tmp_path / "gaps.png")
    monkeypatch.syspath_prepend(str(EXPERIMENTS / "benchmarks"))
    import physics

    physics.table(figures | {"traffic": {"job_shop_amr": TRAFFIC}})
    told = capsys.readouterr().out
    for line in ("realtime_factor", "gap machining_cell", "traffic job_shop_amr", "profile"):
        assert line in told
    for name in ("realtime_factor", "flow_vs_physics", "two_windows", "steps_per_s"):
        assert figures[name] > 0
    assert 0 < figures["steps_made"] <= 1
    assert sum(figures["profile"].values()) == pytest.approx(1.0)
    assert figures["profile"]["engine's steps"] > 0
    assert set(figures["gap"]) == {path.stem for path in EXPERIMENTS.glob("*.yaml")}
    for found in figures["gap"].values():
        assert found["until_s"][0] == found["until_s"][1] == 10.0
        assert found["realtime_factor"] > 0


def test_the_last_word_of_searches() -> None:
    path = EXPERIMENTS / "benchmarks" / "search.py"
    done = subprocess.run([sys.executable, str(path), "noise", "--json", "--runs", "2"],
                          capture_output=True, text=True, check=False, timeout=900)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for figures in json.loads(done.stdout).values():
        assert figures["right"] == figures["bounded"] == 1.0
        assert 30 <= figures["shifts"] <= 1000


def test_search_against_other_samplers(tmp_path: Path) -> None:
    """All begin at the scenario's start; runs that were stopped, one in the middle of a line, end as unbroken ones."""
    part = ("scenarios", "--journal", str(tmp_path / "told"))
    figures = figures_of("search.py", tmp_path / "best.png", *part)
    found = figures["scenarios"]["two_machines"]
    assert set(found) == {"layout", "random", "random raw"}
    curves = [curve for one in found.values() for curve in one["curves"]]
    assert len({curve[0] for curve in curves}) == 1
    assert curves[0][0] > 0
    assert len({tuple(curve) for curve in curves}) > 1
    for one in found.values():
        assert one["at"]["6"]["runs"] == 2
        assert one["at"]["6"]["lower"] <= one["at"]["6"]["median"] <= one["at"]["6"]["upper"]
    for path in (tmp_path / "told").iterdir():
        told = path.read_bytes()
        path.write_bytes(told[: len(told) // 2])
    assert figures_of("search.py", tmp_path / "again.png", *part) == figures


def test_search_on_published_instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rectangles under a published name: a cost that is plain, a picture, and a journal that saves searching."""
    monkeypatch.syspath_prepend(str(EXPERIMENTS / "benchmarks"))
    import search_flp

    monkeypatch.setitem(search_flp.BEST_KNOWN, "P6", 5.0)
    (tmp_path / "P6.txt").write_text("2\n2 1\n1 1\n0 5\n5 0\n")
    journal = tmp_path / "journal"
    figures = search_flp.flp(["P6", "D8"], 2, 0.1, tmp_path, journal)
    assert figures["P6"]["cost"] == pytest.approx(5.0) and figures["P6"]["seeds"] == 2
    assert "not in the folder" in figures["D8"]["left out"]
    keyed = search_flp.keys(["P6"], 1, 100, tmp_path, journal, ["keys", "random"])["P6"]
    for rows in keyed["samplers"].values():
        assert rows == {"seeds": 1, "gap_percent": [pytest.approx(0.0, abs=1e-9)]}
    search_flp.draw(figures, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5_000
    monkeypatch.setattr(search_flp, "search", lambda *_, **__: pytest.fail("searched again"))
    assert search_flp.flp(["P6", "D8"], 2, 0.1, tmp_path, journal) == json.loads(json.dumps(figures))
    assert "reached 2/2" in search_flp.table(figures)


def test_search_for_settings() -> None:
    part = ("settings", "--json", "--seeds", "1", "--evaluations", "24", "--cases", "turned", "--samplers", "layout")
    done = subprocess.run([sys.executable, str(EXPERIMENTS / "benchmarks" / "search.py"), *part],
                          capture_output=True, text=True, check=False, timeout=900)  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["at"] == [24]
    assert 0.0 < figures["turned"]["layout"]["median"][0] < 0.7  # settings drawn by chance leave 1 on average
