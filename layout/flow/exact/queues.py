"""Single stations with random arrivals and a queue without limit.

D. Gross, J. F. Shortle, J. M. Thompson, C. M. Harris, Fundamentals of Queueing Theory, 4th ed. (2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Queue:
    """Mean values in the long run; times in the unit of the service time.

    utilisation : share of time that a server works
    wait : mean time in queue; whole : in queue and service
    queue : mean number waiting; level : mean number there. Infinite where the utilisation is 1 or more
    """

    utilisation: float
    wait: float
    whole: float
    queue: float
    level: float


def _little(arrival_rate: float, service: float, utilisation: float, wait: float) -> Queue:
    whole = wait + service
    return Queue(utilisation, wait, whole, arrival_rate * wait, arrival_rate * whole)


def poisson_general(arrival_rate: float, mean: float, scv: float) -> Queue:
    """M/G/1: exponential interarrival times, one server, service of this mean and squared coefficient of variation.

    The Pollaczek-Khinchine formula (ibid., 5.1).
    """
    load = arrival_rate * mean
    wait = load * mean * (1 + scv) / (2 * (1 - load)) if load < 1 else math.inf
    return _little(arrival_rate, mean, load, wait)


def poisson_exponential(arrival_rate: float, mean: float, servers: int) -> Queue:
    """M/M/c: exponential interarrival and service times, several servers, one queue. Erlang's C (ibid., 2.4)."""
    load = arrival_rate * mean
    if load >= servers:
        return _little(arrival_rate, mean, load / servers, math.inf)
    lost = 1.0  # Erlang's B formula, by recursion over the servers
    for k in range(1, servers + 1):
        lost = load * lost / (k + load * lost)
    waits = lost / (1 - load / servers * (1 - lost))
    return _little(arrival_rate, mean, load / servers, waits * mean / (servers - load))
