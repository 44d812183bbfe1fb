"""Print the decompositions' errors against Markov chains, as a Markdown table.

python -m tests.flow.exact.validation
"""

from __future__ import annotations

from collections.abc import Iterator

from layout.flow.exact import decomposition
from layout.flow.exact.chains import Machine, Mode, geometric_line, tandem
from layout.flow.exact.phases import PhaseType, erlang, exponential, fitted, interrupted

FAILURE, REPAIR = 0.01, exponential(0.1)
# what, service time, whether it fails, largest relative error seen over LINES (rounded up)
KINDS: tuple[tuple[str, PhaseType, bool, float], ...] = (
    ("exponential", exponential(1.0), False, 0.04),
    ("Erlang-2", erlang(1.0, 2), False, 0.04),
    ("Erlang-4", erlang(1.0, 4), False, 0.04),
    ("hyperexponential, cv² 3", fitted(1.0, 3.0), False, 0.02),
    ("exponential, failing", exponential(1.0), True, 0.04),
)
LINES = ((3, 0), (3, 2), (3, 10), (4, 0), (4, 2), (5, 1))
SLOTS = ((3, 4), (3, 10), (3, 20), (4, 6))
MOST_STATES = 4_000


def rows() -> Iterator[tuple[str, float, float, float]]:
    """What, exact throughput, by decomposition, largest relative error stated."""
    for what, work, fails, most in KINDS:
        machine = Machine(work, (Mode(FAILURE, REPAIR),) if fails else ())
        whole = interrupted(work, [(FAILURE, REPAIR)]) if fails else work
        for k, b in LINES:
            if (b + 1) ** (k - 1) * work.size**k * (2**k if fails else 1) > MOST_STATES:
                continue
            exact = tandem([machine] * k, [b] * (k - 1)).throughput
            yield (
                f"{k} {what}, b = {b}",
                exact,
                decomposition.phase_type_line([whole] * k, [b] * (k - 1)).throughput,
                most,
            )
    for k, places in SLOTS:
        given = [0.01] * k, [0.1] * k, [places] * (k - 1)
        exact = geometric_line(*given).throughput
        yield f"{k} in slots, {places} places", exact, decomposition.geometric_line(*given).throughput, 0.003


def main() -> None:
    """Print the table."""
    print("| line | exact | decomposition | error |\n|---|---|---|---|")
    for what, exact, found, _ in rows():
        print(f"| {what} | {exact:.6f} | {found:.6f} | {100 * (found / exact - 1):+.2f} % |")


if __name__ == "__main__":
    main()
