"""The benchmark of the flow simulation runs, and its models agree: it stops where they do not. No figure is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "experiments" / "benchmarks" / "flow.py"


def test_flow_against_other_simulators(tmp_path: Path) -> None:
    picture = tmp_path / "scaling.png"
    done = subprocess.run([sys.executable, str(SCRIPT), "--quick", "--json", "--plot", str(picture)],
                          capture_output=True, text=True, check=False, timeout=600)  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
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
    assert picture.stat().st_size > 10_000
