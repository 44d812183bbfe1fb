"""Published and exact values for production lines, with their sources. Rates are per mean service time unless said.

b counts waiting places between two machines, the machines' own places left out; blocking after service; the first
machine is never starved, the last never blocked.
"""

import numpy as np

# Balanced exponential lines: F. S. Hillier, R. W. Boling, "Finite queues in series with exponential or Erlang service
# times: a numerical approach", Operations Research 15 (1967) 286-303. (machines, b) -> throughput. Two machines:
# (b + 2) / (b + 3); the others by solving the Markov chain to six digits.
HILLIER_BOLING = {
    (2, 0): 0.666667, (2, 1): 0.750000, (2, 2): 0.800000, (2, 3): 0.833333, (2, 5): 0.875000, (2, 10): 0.923077,
    (3, 0): 0.564103, (3, 1): 0.670466, (3, 2): 0.734017, (3, 3): 0.776712, (3, 5): 0.830759, (3, 10): 0.894419,
    (4, 0): 0.514775, (4, 1): 0.631153, (4, 2): 0.700713,
}  # fmt: skip

# The same with Erlang-2 service (ibid.).
ERLANG_2 = {(2, 0): 0.727273, (3, 0): 0.640409}

# Rates (.8, 1, 1.25), b = (3, 1), and the line reversed: equal. G. Yamazaki, H. Sakasegawa, "Properties of duality in
# tandem queueing systems", Ann. Inst. Stat. Math. 27 (1975) 201-212; value by Markov chain.
MIRRORED_RATES, MIRRORED_PLACES, MIRRORED = (0.8, 1.0, 1.25), (3, 1), 0.699041

# Two exponential machines of rate 1 that fail while working (rate .01) and are repaired (rate .1): b -> throughput.
# S. B. Gershwin, Manufacturing Systems Engineering (1994), ch. 3; values by Markov chain.
FAILING = {2: 0.695386, 10: 0.799026}

# Best allocation of waiting places among four exponential machines, by full enumeration of Markov chains.
ALLOCATIONS = {(1, 2, 1): 0.657175, (2, 3, 2): 0.718340}
WORST_OF_FOUR_PLACES = 0.562670

# Two Bernoulli machines: (p1, p2, places) -> parts per slot. J. Li, S. M. Meerkov, Production Systems Engineering
# (2009), 4.2.
BERNOULLI = {(0.9, 0.9, 1): 0.818182, (0.9, 0.9, 5): 0.882353, (0.9, 0.8, 2): 0.778702}

# Machines of one part a slot that fail with probability .01 and are repaired with probability .1 a slot, 10 places
# between each two (both machines' own counted): machines -> parts per slot. S. B. Gershwin (1994), 3.2 and 4.2.
GEOMETRIC_FAILURE, GEOMETRIC_REPAIR, GEOMETRIC_PLACES = 0.01, 0.1, 10
GEOMETRIC = {2: 0.856175, 3: 0.819137}

# S. P. Sethi, C. Sriskandarajah, G. Sorger, J. Blazewicz, W. Kubiak, "Sequencing of parts and robot moves in a robotic
# cell", Int. J. Flexible Manufacturing Systems 4 (1992) 331-358: m machines in a row, d between neighbours, e to load
# or unload. The backward cycle's robot is at a machine when the machine is ready.
SETHI_D, SETHI_E = 1.0, 0.5


def sethi_backward(p: tuple[float, ...], d: float = SETHI_D, e: float = SETHI_E) -> float:
    """Cycle time of the backward cycle (one part each)."""
    m = len(p)
    return max(4 * m * d + 2 * (m + 1) * e, max(p) + 4 * d + 4 * e)


def sethi_forward(p: tuple[float, ...], d: float = SETHI_D, e: float = SETHI_E) -> float:
    """Cycle time of the forward cycle: one part in the cell."""
    return 2 * (len(p) + 1) * (e + d) + sum(p)


# Queues: D. Gross et al., Fundamentals of Queueing Theory, 4th ed., 2.2 and 5.1. Utilisation .8, service time 1.
UTILISATION = 0.8
MM1_L, MM1_W = 4.0, 5.0
MD1_WAIT = 2.0


def md_k_wait(k: int, load: float = UTILISATION) -> float:
    """Mean wait in M/D/k, in service times: C. D. Crommelin, P. O. Electrical Engineers' J. 25 (1932) 41-50."""
    from scipy.stats import poisson

    i = np.arange(1, 2000)
    return float(np.sum(poisson.sf(i * k - 1, i * k * load) - poisson.sf(i * k, i * k * load) / load))


# One part that circulates among demands (3, 2, 4), exponential: throughput 1 / 9; no number of parts gives more than
# 1 / 4. P. J. Denning, J. P. Buzen, "The operational analysis of queueing network models", Computing Surveys 10 (1978).
DEMANDS, ALONE, CEILING = (3.0, 2.0, 4.0), 1 / 9, 1 / 4

# One vehicle between docks of 2 and 1.5 min, 6 min of travel a round: rounds per hour.
VEHICLE_ROUNDS_PER_H = 6.315789

# The same docks exponential and one at a time: vehicles -> rounds per hour, and what no fleet exceeds. Mean-value
# analysis: M. Reiser, S. S. Lavenberg, J. ACM 27 (1980) 313-322.
DOCKS_MIN, TRAVEL_MIN = (2.0, 1.5), 6.0
FLEET_ROUNDS_PER_H = {1: 6.315789, 2: 11.813472}
FLEET_CEILING_PER_H = 30.0
