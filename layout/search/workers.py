"""Worker processes that evaluate candidates and may crash: PyBullet is C++, and a broken mesh can end a process.

Only the candidate that broke its worker is lost; it is reported as violating the rule `crash`.
"""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from types import TracebackType

from pebble import ProcessExpired, ProcessPool

from layout.model.line import Layout
from layout.model.results import Evaluation, Violation
from layout.model.scenario import Scenario
from layout.pipeline import Evaluator

TIMEOUT_S = 600.0  # a candidate that takes longer hangs: evaluations take well under a second

_evaluator: Evaluator | None = None


def _start(scenario: Scenario) -> None:
    """In each worker: Ctrl-C is the parent's business; the scenario is held, the scene is made when first needed."""
    global _evaluator
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _evaluator = Evaluator(scenario)


def _evaluate(layout: Layout, seed: int | None, replications: int | None) -> Evaluation:
    assert _evaluator is not None
    evaluation = _evaluator(layout, seed=seed, replications=replications)
    return replace(evaluation, moves=None)  # arrays the parent does not need


class Workers:
    """A pool of evaluating processes. Use as a context manager."""

    def __init__(self, scenario: Scenario, count: int) -> None:
        self._pool = ProcessPool(
            max_workers=count,
            initializer=_start,
            initargs=[scenario],
            context=multiprocessing.get_context("spawn"),
        )

    def submit(self, layout: Layout, *, seed: int | None = None, replications: int | None = None) -> Future[Evaluation]:
        """Queue a candidate."""
        future: Future[Evaluation] = self._pool.schedule(
            _evaluate, args=[layout, seed, replications], timeout=TIMEOUT_S
        )
        return future

    def result(self, future: Future[Evaluation], layout: Layout) -> Evaluation:
        """The candidate's evaluation; a crash or a hang comes back as a violation, an error of ours is raised."""
        try:
            return future.result()
        except (ProcessExpired, TimeoutError, CancelledError) as error:
            found = Violation("crash", (type(error).__name__,), 1.0, "process")
            return Evaluation(layout, (found,), bound_per_h=0.0)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            self._pool.close()  # type: ignore[no-untyped-call]
        else:
            self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
