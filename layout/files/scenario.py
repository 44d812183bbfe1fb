"""Scenario files: YAML, schema, cross checks and models, to one Scenario with every finding reported at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from layout.errors import Problem, ScenarioError
from layout.files.checks import check_models, check_names
from layout.files.csv_columns import inline
from layout.files.heal import Healed, heal, lost
from layout.files.layouts import parse_start
from layout.files.oddities import oddities
from layout.files.scenario_models import digest, load_models
from layout.files.schema import findings
from layout.files.yaml import Document, parse_document, read_bytes
from layout.model.realise import variables
from layout.model.scenario import Scenario, ScenarioSpec


def load_scenario(path: Path) -> Scenario:
    """Read, check and join a scenario with the models it names. Raises ScenarioError with all findings at once.

    Waits until the convex pieces of meshes of one's own are made, so that what follows is the same each time.
    """
    return check_scenario(path, wait=True)[0]


def check_scenario(path: Path, *, wait: bool = False) -> tuple[Scenario, tuple[Problem, ...]]:
    """Like `load_scenario`, with what is odd but legal. Does not wait: convex hulls do for pieces not made yet."""
    path = Path(path)
    raw = read_bytes(path, ScenarioError)
    document, columns = inline(parse_document(raw, str(path), go_on=True), path.parent)
    spec, wrong, healed = _parse(document)
    problems = check_names(spec, document)
    found = load_models(spec, document, path.parent, wait=wait)
    spec, models = found.spec, found.models
    problems += found.problems
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
        spec=spec, models=models, variables=free, start=start, path=path, digest=digest(raw + columns, found.loaded)
    )  # fmt: skip
    return scenario, (*oddities(spec, models, free, document), *found.warnings)


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
