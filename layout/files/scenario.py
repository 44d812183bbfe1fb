"""Scenario files: YAML, schema, cross checks and models, to one Scenario with every finding reported at once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from layout.errors import AssetError, Problem, ScenarioError
from layout.files.assets import read_model
from layout.files.checks import check_models, check_names
from layout.files.heal import Healed, heal, lost
from layout.files.layouts import parse_start
from layout.files.model_reader import Loaded
from layout.files.oddities import oddities
from layout.files.schema import findings
from layout.files.yaml import Document, KeyPath, parse_document, read_bytes
from layout.model.library import ArmModel, MachineModel, Model, PartModel, ToolModel, VehicleModel
from layout.model.realise import variables
from layout.model.scenario import Robot, Scenario, ScenarioSpec, Vehicle

_AN = {"machine": "a machine", "arm": "an arm", "tool": "a tool", "vehicle": "a vehicle", "part": "a part"}
_KINDS: dict[str, type[Model]] = {
    "machine": MachineModel,
    "arm": ArmModel,
    "tool": ToolModel,
    "vehicle": VehicleModel,
    "part": PartModel,
}


def load_scenario(path: Path) -> Scenario:
    """Read, check and join a scenario with the models it names. Raises ScenarioError with all findings at once."""
    return check_scenario(path)[0]


def check_scenario(path: Path) -> tuple[Scenario, tuple[Problem, ...]]:
    """Like `load_scenario`, with what is odd but legal."""
    path = Path(path)
    raw = read_bytes(path, ScenarioError)
    document = parse_document(raw, str(path), go_on=True)
    spec, wrong, healed = _parse(document)
    problems = check_names(spec, document)
    loaded, missing = _load_models(spec, document, path.parent)
    models = {name: entry.model for name, entry in loaded.items()}
    problems += missing
    problems += check_models(spec, models, document)
    free = variables(spec)
    start: dict[str, Any] | None = None
    if spec.start is not None:
        start, misfits = parse_start(document, ("start",), spec, free)
        problems += misfits
    if healed:
        problems = [*wrong, *(problem for problem in problems if not healed.hides(problem))]
    problems = [*document.problems, *problems]
    if problems:
        raise _error(problems, document)
    scenario = Scenario(
        spec=spec, models=models, variables=free, start=start, path=path, digest=_digest(raw, loaded)
    )  # fmt: skip
    odd = [*oddities(spec, models, free, document)]
    for entry in loaded.values():
        odd += entry.warnings
    return scenario, tuple(odd)


def _error(problems: list[Problem], document: Document) -> ScenarioError:
    """All problems in the file's order. Two checks may trip over the same thing; the first says it best."""
    unique: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        unique.setdefault((problem.where, problem.what), problem)
    return ScenarioError(sorted(unique.values(), key=lambda problem: (problem.file != document.file, problem.line)))


def _parse(document: Document) -> tuple[ScenarioSpec, list[Problem], Healed | None]:
    """The scenario, what the schema has against it, and how it was made whole to look for more."""
    if not isinstance(document.data, dict):
        hint = "begin with 'name: ...'; 'layout new NAME' writes a first one"
        raise ScenarioError(
            document.problem("is not a scenario: it must be a mapping of 'key: value' lines", hint=hint)
        )
    try:
        spec = ScenarioSpec.model_validate(document.data)
        if lost(document):
            raise _error(list(document.problems), document)
        return spec, [], None
    except ValidationError as trouble:
        wrong = findings(trouble, document, ScenarioSpec)
    told = {problem.where for problem in document.problems}
    wrong = [problem for problem in wrong if problem.where not in told]
    healed = None if lost(document) else heal(document)
    if healed is None:
        raise _error([*document.problems, *wrong], document)
    return healed.spec, wrong, healed


def _uses(spec: ScenarioSpec) -> list[tuple[KeyPath, str, str]]:
    """Everything that names a model: path, the model's name, the kind it must be."""
    found: list[tuple[KeyPath, str, str]] = []
    for name, product in spec.products.items():
        found.append((("products", name, "model"), product.model, "part"))
    for name, machine in spec.machines.items():
        found.append((("machines", name, "model"), machine.model, "machine"))
    for name, transport in spec.transport.items():
        if isinstance(transport, Robot):
            found.append((("transport", name, "model"), transport.model, "arm"))
            if transport.tool is not None:
                found.append((("transport", name, "tool"), transport.tool, "tool"))
        elif isinstance(transport, Vehicle):
            found.append((("transport", name, "model"), transport.model, "vehicle"))
    return found


def _load_models(spec: ScenarioSpec, document: Document, base: Path) -> tuple[dict[str, Loaded], list[Problem]]:
    """Models by the name the scenario uses, of the kind that is wanted where they are named."""
    loaded: dict[str, Loaded] = {}
    broken: set[str] = set()
    problems: list[Problem] = []
    for path, name, kind in _uses(spec):
        if name not in loaded and name not in broken:
            try:
                loaded[name] = read_model(name, base)
            except AssetError as trouble:
                broken.add(name)
                problems += [
                    problem if problem.file else replace(problem, where=_where(path), file=document.file,
                                                         line=document.line(path))
                    for problem in trouble.problems
                ]  # fmt: skip
        if name in loaded and not isinstance(loaded[name].model, _KINDS[kind]):
            actual = next(k for k, cls in _KINDS.items() if isinstance(loaded[name].model, cls))
            problems.append(document.problem(f"must be the model of {_AN[kind]}, not of {_AN[actual]}", path, name,
                                             "'layout assets' lists the library by kind"))  # fmt: skip
    return loaded, problems


def _where(path: KeyPath) -> str:
    return ".".join(str(key) for key in path)


def _digest(raw: bytes, loaded: dict[str, Loaded]) -> str:
    """SHA-256 over the scenario's bytes and those of every file of every model, whatever folder they lie in."""
    whole = hashlib.sha256(hashlib.sha256(raw).digest())
    for name in sorted(loaded):
        for label, path in loaded[name].files:
            whole.update(f"{name}\0{label}\0".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
