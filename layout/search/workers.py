"""Worker processes that make and evaluate candidates and may crash: PyBullet is C++, a broken mesh can end a process.

Only the candidate that broke its worker is lost, after a second try (a process may also be killed for want of
memory); it is reported as violating the rule `crash`.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as Hanging
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from layout import processes
from layout.errors import LayoutError, Problem
from layout.model.evaluation import Evaluation
from layout.model.line import Layout
from layout.model.results import Violation
from layout.model.scenario import Scenario
from layout.pipeline import Against, Evaluator
from layout.search.plane.sampler import PlaneProposals, proposals_of
from layout.search.proposals import Draft, Proposals

TIMEOUT_S = 600.0  # a candidate that takes longer hangs: evaluations take well under a second
ATTEMPTS = 2  # times a candidate is begun before it counts as one that crashes
T = TypeVar("T")
CRASH_SCALE = 1e-6  # a crash weighs more than any distance that a layout misses


class Evaluates(Protocol):
    """What a worker holds: `pipeline.Evaluator`, or another with the same call."""

    def __call__(
        self, layout: Layout, *, seed: int | None, replications: int | None, against: Against | None
    ) -> Evaluation:
        """Evaluate a layout, with this seed and so many replications instead of the scenario's."""


@dataclass(frozen=True)
class _Failed:
    """An exception on its way to the parent, as data: of ours with its problems, else its text only."""

    kind: type[LayoutError] | None
    problems: Sequence[Problem]
    text: str = ""


@dataclass(frozen=True)
class Ticket:
    """A candidate handed in, or a draft of one, to be exchanged for its evaluation."""

    candidate: Layout | Draft
    seed: int | None
    replications: int | None
    against: Against | None
    future: Future[Evaluation | _Failed]


@dataclass(frozen=True)
class Call(Generic[T]):
    """Work other than an evaluation, handed in: job(scenario, *given) in a worker."""

    job: Callable[..., T]
    given: tuple[Any, ...]
    future: Future[T | _Failed]


_scenario: Scenario | None = None
_evaluator: Evaluates | None = None
_proposals: Proposals | PlaneProposals | None = None


def _start(
    make: Callable[[Scenario], Evaluates], scenario: Scenario, search_seed: int, variables: Mapping[str, str]
) -> None:
    """In each worker: Ctrl-C is the parent's business; the scenario is held, the scene is made when first needed."""
    global _scenario, _evaluator, _proposals
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes.enter(variables)
    _scenario = scenario
    _evaluator = make(scenario)
    _proposals = proposals_of(scenario, search_seed)


def _evaluate(
    candidate: Layout | Draft, seed: int | None, replications: int | None, against: Against | None
) -> Evaluation | _Failed:
    assert _evaluator is not None and _proposals is not None
    try:
        began = time.perf_counter()
        layout = candidate if isinstance(candidate, Layout) else Layout(_proposals(candidate))
        proposed_s = time.perf_counter() - began
        evaluation = _evaluator(layout, seed=seed, replications=replications, against=against)
    except LayoutError as error:
        return _Failed(type(error), error.problems)
    except Exception as error:
        return _Failed(None, (), f"{type(error).__name__}: {error}")
    # the parent does not need the arrays
    return replace(evaluation, moves=None, stage_s={"propose": proposed_s, **evaluation.stage_s})


def _do(job: Callable[..., T], given: tuple[Any, ...]) -> T | _Failed:
    assert _scenario is not None
    try:
        return job(_scenario, *given)
    except LayoutError as error:
        return _Failed(type(error), error.problems)
    except Exception as error:
        return _Failed(None, (), f"{type(error).__name__}: {error}")


class Workers:
    """A pool of evaluating processes. Use as a context manager.

    seed : of the search, from which drafts become candidates
    make : called with the scenario in each process; must be importable there
    """

    def __init__(
        self, scenario: Scenario, count: int, seed: int = 0, make: Callable[[Scenario], Evaluates] = Evaluator
    ) -> None:
        self._scenario, self._count, self._seed, self._make = scenario, count, seed, make
        self._pool = self._new()

    def _new(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._count,
            initializer=_start,
            initargs=[self._make, self._scenario, self._seed, processes.environment()],
            context=processes.context(),
        )

    def submit(
        self,
        candidate: Layout | Draft,
        *,
        seed: int | None = None,
        replications: int | None = None,
        against: Against | None = None,
    ) -> Ticket:
        """Queue a candidate, or the draft of one."""
        given = [candidate, seed, replications, against]
        return Ticket(candidate, seed, replications, against, self._queue(_evaluate, given))

    def result(self, ticket: Ticket) -> Evaluation:
        """The candidate's evaluation; a crash or a hang comes back as a violation, an error of ours is raised."""
        given = [ticket.candidate, ticket.seed, ticket.replications, ticket.against]
        found = self._await(ticket.future, _evaluate, given)
        if isinstance(found, Evaluation):
            return found
        if found.kind is not None:
            raise found.kind(found.problems)
        lost = ticket.candidate
        layout = lost if isinstance(lost, Layout) else Layout(proposals_of(self._scenario, self._seed)(lost))
        return Evaluation(layout, (Violation("crash", (found.text,), 1.0, "process", CRASH_SCALE),), bound_per_h=0.0)

    def call(self, job: Callable[..., T], *given: Any) -> Call[T]:
        """Queue job(scenario, *given); the job must be importable in a worker."""
        return Call(job, given, self._queue(_do, [job, given]))

    def answer(self, call: Call[T]) -> T | str:
        """What the job returned, or why it did not: a crash, a hang, an error, in words."""
        found: T | _Failed = self._await(call.future, _do, [call.job, call.given])
        if isinstance(found, _Failed):
            return found.text or "; ".join(map(str, found.problems))
        return found

    def _queue(self, task: Callable[..., Any], given: list[Any]) -> Future[Any]:
        with _no_interrupts():
            if not self._pool.active:
                self._close(stop=True)
                self._pool = self._new()
            future: Future[Any] = self._pool.schedule(task, args=given, timeout=TIMEOUT_S)
        return future

    def _await(self, future: Future[Any], task: Callable[..., Any], given: list[Any]) -> Any:
        """What the task returned; where its process ended it is begun again, as often as `ATTEMPTS` says."""
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                future = self._queue(task, given)
            try:
                return future.result()
            except (ProcessExpired, BrokenProcessPool) as error:
                reason = _reason(error)
            except (Hanging, CancelledError):
                return _Failed(None, (), f"not done after {TIMEOUT_S:.0f} s")
        return _Failed(None, (), reason)

    def _close(self, stop: bool) -> None:
        if stop:
            self._pool.stop()  # type: ignore[no-untyped-call]
        else:
            self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._close(stop=error is not None)


def _reason(error: BaseException) -> str:
    code = getattr(error, "exitcode", None)
    if isinstance(code, int) and code < 0:
        return f"the process was ended by {signal.Signals(-code).name}"
    return "the process ended" if code is None else f"the process ended with exit code {code}"


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the block is left, and whatever process or thread is begun inside never sees it.

    A process interrupted in the middle of its start, on either side, leaves a traceback that tells nobody anything.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Ctrl-C is the main thread's
        return
    waiting: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: waiting.append(number))
    masks = hasattr(signal, "pthread_sigmask")
    if masks:
        resource_tracker.ensure_running()  # begun inside, it would let Ctrl-C through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
        if waiting:
            signal.raise_signal(signal.SIGINT)
