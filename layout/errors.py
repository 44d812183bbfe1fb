"""What can go wrong, as things a person can act on: where, what, the value, and what to try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong (or odd) in what a user gave.

    where : dotted path inside the file, such as ``machines.mill.place.x`` (empty for the whole file)
    what : the finding, one sentence
    value : the offending value as text, if there is one
    hint : what to try
    file, line : where it stands on disk (line counts from 1; 0 where unknown)
    """

    what: str
    where: str = ""
    value: str = ""
    hint: str = ""
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = ":".join(part for part in (self.file, str(self.line) if self.line else "") if part)
        head = " ".join(part for part in (f"{place}:" if place else "", f"{self.where}:" if self.where else "") if part)
        value = f" (got {self.value})" if self.value else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{head} {self.what}{value}{hint}".strip()


class LayoutError(Exception):
    """Base of all errors that a user can act on. `problems` holds every finding at once."""

    def __init__(self, problems: str | Problem | Sequence[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[LayoutError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class ScenarioError(LayoutError):
    """The scenario or layout file cannot be understood."""


class AssetError(LayoutError):
    """A model, mesh or URDF is missing or broken."""


class SceneError(LayoutError):
    """The physics engine cannot build or show the scene."""


class SearchError(LayoutError):
    """A search cannot start or go on."""


class SelfCheckError(LayoutError):
    """A result contradicts itself: a defect of this program, not of its input."""


@contextmanager
def plain_interrupts() -> Iterator[None]:
    """Ctrl-C comes out as KeyboardInterrupt also where it fell into compiled code.

    Python delivers it at the next instruction of its own. Where that is a callback inside an extension that does not
    look for errors, the call returns a result all the same, and Python raises a SystemError from the interrupt.
    """
    try:
        yield
    except SystemError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, KeyboardInterrupt):
            cause = cause.__cause__ or cause.__context__
        if cause is None:
            raise
        raise KeyboardInterrupt from None
