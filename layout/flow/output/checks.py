"""What every replication must satisfy, whatever it simulated: checked always, since it costs nothing.

- Little's law, L = lambda W: the time average of parts in the line times the window is the time that the parts spent in
  it, added up part by part (Little, Operations Research 9, 1961; here an identity, as the window cuts both).
- Flow conservation, to the part: what entered has left, was scrapped, was joined to another, or is inside.
- The shares of each resource's states sum to 1.
"""

from __future__ import annotations

import math

from layout.errors import Problem, SelfCheckError
from layout.flow.output.statistics import Replication

LITTLE = 1e-6  # relative; both sides are sums of up to some 10^8 rounded terms
SHARES = 1e-9


def check(replication: Replication, window_s: float) -> None:
    """Raises SelfCheckError, naming all that a replication's figures contradict."""
    r = replication
    problems = []
    area_s = r.wip * window_s
    if not abs(area_s - r.sojourn_s) <= LITTLE * max(area_s, r.sojourn_s, 1.0):
        problems.append(_problem("Little's law", f"WIP x window {area_s!r} s, sum of sojourns {r.sojourn_s!r} s"))
    if r.entered != r.left + r.scrapped + r.joined + r.inside:
        parts = f"entered {r.entered}, left {r.left}, scrapped {r.scrapped}, joined {r.joined}, inside {r.inside}"
        problems.append(_problem("flow conservation", parts))
    for name, shares in r.shares.items():
        total = math.fsum(shares.values())
        if not abs(total - 1.0) <= SHARES or min(shares.values()) < -SHARES:
            states = ", ".join(f"{state} {share:.9g}" for state, share in shares.items())
            problems.append(_problem(f"the shares of {name!r}, which must sum to 1", f"{states}; sum {total!r}"))
    if problems:
        raise SelfCheckError(problems)


def _problem(what: str, value: str) -> Problem:
    hint = "this is a defect of the simulation, not of the scenario: please report it together with the scenario"
    return Problem(f"the flow simulation contradicts {what}", value=value, hint=hint)
