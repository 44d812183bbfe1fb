"""Which of the finalists is best, and how sure that is: a selection procedure with common random numbers.

The finalists are simulated on the same streams. From a first stage of n0 replications come the variances of the
differences of each pair, and from these the number of replications after which every difference is known to within
half the tolerance of the deciding objective (the indifference zone):

    N = max(n0, max over pairs of (t S_ij / zone)^2),   t = t of 1 - (1 - level) / (k - 1), n0 - 1 degrees of freedom

By Stein's lemma and Bonferroni's inequality, with probability `level` at least no finalist's mean is further above the
chosen one's than the figures say and t S_ij / sqrt(N) more, whatever the correlation between them and however unequal
their variances: it asks for normal differences only, which means over a shift are, nearly.

Sources: Clark and Yang, A Bonferroni Selection Procedure when Using Common Random Numbers with Unknown Variances,
Winter Simulation Conference 1986; Nelson and Matejcik, Using Common Random Numbers for Indifference-Zone Selection and
Multiple Comparisons in Simulation, Management Science 41, 1995; Stein, Annals of Mathematical Statistics 16, 1945.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from layout.search.racing import one_sided_t

LEVEL = 0.95  # probability that the choice is as good as is said
STAGE = 30  # replications of the first stage
HALF = 0.5  # of the tolerance: the indifference zone


@dataclass(frozen=True)
class Selection:
    """How sure the choice is.

    measure : what decides first
    level : probability of being right, at least
    among : finalists compared; replications : of each
    within : share of the chosen one's figure by which the best of the others may be better; 0: none is
    """

    measure: str
    level: float
    among: int
    replications: int
    within: float


def needed(samples: Sequence[Sequence[float]], zone: float, stage: int, level: float = LEVEL) -> int:
    """Replications after which the differences between candidates are known to within the zone.

    samples : of each candidate, one figure a replication, on the same streams; the first `stage` are looked at
    zone : indifference zone, in the figures' unit, above 0
    """
    if len(samples) < 2:
        return stage
    t = one_sided_t(1 - (1 - level) / (len(samples) - 1), stage - 1)
    widest = max(_spread(a, b, stage) for a, b in itertools.combinations(samples, 2))
    return max(stage, math.ceil((t * widest / zone) ** 2))


def shortfall(samples: Sequence[Sequence[float]], chosen: int, stage: int, level: float = LEVEL) -> float:
    """How much better than the chosen candidate another may be at most, in the figures' unit (more is better), with
    probability `level`; the first `stage` replications give the variances."""
    if len(samples) < 2:
        return 0.0
    t = one_sided_t(1 - (1 - level) / (len(samples) - 1), stage - 1)
    mine = samples[chosen]
    return max(
        0.0,
        *(
            fmean(other) - fmean(mine) + t * _spread(other, mine, stage) / math.sqrt(len(mine))
            for i, other in enumerate(samples)
            if i != chosen
        ),
    )


def _spread(first: Sequence[float], second: Sequence[float], stage: int) -> float:
    """Standard deviation of the paired differences in the first stage."""
    return stdev([a - b for a, b in zip(first[:stage], second[:stage], strict=True)])
