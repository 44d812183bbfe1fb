"""Proofs as plain data: what `layout prove --json` prints and run folders hold as proof.json."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from layout.files.atomic import write_text
from layout.files.layouts import layout_to_mapping
from layout.files.recording import Recording, write_recording
from layout.files.results import finite
from layout.model.evaluation import Evaluation
from layout.model.physical import MoveGap, Proof
from layout.model.results import Estimate
from layout.model.scenario import Scenario

PROOF, RECORDING = "proof.json", "best.rec"
"""Files of a proof in a run folder."""


def proof_to_json(proof: Proof, evaluation: Evaluation, scenario: Scenario) -> dict[str, Any]:
    """A proof as JSON-ready data. The same layout, seed and windows give the same data; times spent are left out.

    evaluation : of the same layout: whole shifts by the flow simulation (as assumed, where it has learnt since), and
        the bound
    """
    flow = evaluation.flow
    shift = evaluation.assumed_per_h or (flow.throughput_per_h if flow is not None else None)
    learnt = {_key(gap): gap for gap in proof.learnt_moves}
    data: dict[str, Any] = {
        "scenario": scenario.name,
        "proved": proof.proved,
        "reasons": list(proof.reasons),
        "seed": proof.seed,
        "asked_s": proof.asked_s,
        "windows_s": [run.until_s for run in proof.windows],
        "parts": [sum(part.physical_s <= run.until_s for part in run.departures) for run in proof.windows],
        "held_out": proof.held_out,
        "bound_per_h": evaluation.bound_per_h,
        "shift_per_h": asdict(shift) if shift is not None else None,
        "flow_per_h": asdict(proof.flow_per_h),
        "physical_per_h": asdict(proof.physical_per_h),
        "learnt_per_h": asdict(proof.learnt_per_h),
        "gap": asdict(proof.gap),
        "learnt_gap": asdict(proof.learnt_gap),
        "moves": [_move(gap, learnt.get(_key(gap))) for gap in proof.moves],
        "traffic_gap": _estimate(proof.traffic_gap),
        "driven_gap": _estimate(proof.driven_gap),
        "made": proof.made,
        "unseen": [dict(zip(("kind", "resource", "origin", "target"), key, strict=True)) for key in proof.unseen],
        "incidents": [
            {"window": number, **asdict(incident)}
            for number, run in enumerate(proof.windows)
            for incident in run.incidents
        ],
        "layout": layout_to_mapping(evaluation.layout, scenario),
    }
    return {name: finite(value) for name, value in data.items()}


def write_proof(folder: Path, data: dict[str, Any], recording: Recording) -> tuple[Path, Path]:
    """proof.json and best.rec of a run folder, both or neither; their paths. Raises OSError.

    A proof that was there stays until the recording is whole; then both are replaced, the recording first.
    """
    proof, film = folder / PROOF, folder / RECORDING
    made = folder / f".{RECORDING}.{os.getpid()}.part"
    try:
        write_recording(recording, made)
        proof.unlink(missing_ok=True)
        os.replace(made, film)
        write_text(proof, json.dumps(data, indent=1) + "\n")
    except BaseException:
        made.unlink(missing_ok=True)
        if not proof.exists():
            film.unlink(missing_ok=True)
        raise
    return proof, film


def keep_proof(folder: Path, data: dict[str, Any], recording: Recording) -> None:
    """`write_proof`, but for a proof that lies there already, of the same layout and no less simulated time."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads((folder / PROOF).read_text(encoding="utf-8"))
        same = (known["scenario"], known["layout"]) == (data["scenario"], data["layout"])
        if same and sum(known["windows_s"]) >= sum(data["windows_s"]) and (folder / RECORDING).exists():
            return
    write_proof(folder, data, recording)


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    return asdict(found) if found is not None else None


def _key(gap: MoveGap) -> Sequence[str]:
    return gap.kind, gap.resource, gap.origin, gap.target


def _move(gap: MoveGap, learnt: MoveGap | None) -> dict[str, Any]:
    return {
        **asdict(gap),
        "learnt_s": learnt.assumed_s if learnt is not None else None,
        "learnt_gap_s": learnt.gap_s if learnt is not None else None,
        "close": gap.close if gap.elementary else None,
        "learnt_close": learnt.close if learnt is not None and gap.elementary else None,
    }
