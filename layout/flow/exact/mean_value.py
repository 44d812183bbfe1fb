"""Closed networks: a fixed number of vehicles, carriers or parts that go round for ever.

Exact for product-form networks: queueing stations first come first served with exponential times, or shared in equal
parts with any times; delays with any times; room for everybody at every station.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from layout.model.pose import Array


@dataclass(frozen=True)
class Stop:
    """A station of a closed network.

    demand : mean service time per round (visits times time), any unit
    servers : None where nobody ever waits (travel, drying): a delay
    """

    demand: float
    servers: int | None = 1


@dataclass(frozen=True)
class ClosedNetwork:
    """What mean-value analysis found for one number of customers.

    throughput : rounds per unit of time
    wait : time in queue and service at each stop per round
    level : mean customers at each stop
    """

    throughput: float
    wait: tuple[float, ...]
    level: tuple[float, ...]


def mean_values(stops: Sequence[Stop], customers: int) -> tuple[ClosedNetwork, ...]:
    """Exact mean-value analysis of one class: the network with 1, 2 ... `customers` customers.

    Stations with several servers by the load-dependent recursion over the distribution of their queue; its share of
    empty stations comes from the network without that station, which keeps the recursion stable.
    M. Reiser, S. S. Lavenberg, "Mean-value analysis of closed multichain queuing networks", J. ACM 27 (1980) 313-322;
    M. Reiser, "Mean-value analysis and convolution method for queue-dependent servers in closed queueing networks",
    Performance Evaluation 1 (1981) 7-18.
    """
    if customers < 1 or not any(stop.demand > 0 for stop in stops):
        raise ValueError("needs a customer, and a stop that takes time")
    return _analyse(tuple(stops), customers)


@lru_cache(maxsize=256)
def _analyse(stops: tuple[Stop, ...], customers: int) -> tuple[ClosedNetwork, ...]:
    several = [i for i, stop in enumerate(stops) if stop.servers is not None and stop.servers > 1]
    # throughput of the network without each station of several servers, by customers: for its share of emptiness
    without = {i: _rates(stops[:i] + stops[i + 1 :], customers) for i in several}
    share = {i: np.zeros(customers + 1) for i in several}  # of j customers there, with the customers so far
    for one in share.values():
        one[0] = 1.0
    level = np.zeros(len(stops))
    found = []
    for n in range(1, customers + 1):
        wait = np.empty(len(stops))
        for i, stop in enumerate(stops):
            if stop.servers is None:
                wait[i] = stop.demand
            elif stop.servers == 1:
                wait[i] = stop.demand * (1 + level[i])
            else:
                j = np.arange(1, n + 1)
                wait[i] = stop.demand * float(np.sum(j / np.minimum(j, stop.servers) * share[i][:n]))
        rate = n / float(wait.sum())
        for i in several:
            j = np.arange(1, n + 1)
            empty = share[i][0] * rate / without[i][n]
            share[i][1 : n + 1] = rate * stops[i].demand / np.minimum(j, stops[i].servers or 1) * share[i][:n]
            share[i][0] = empty
        level = rate * wait
        found.append(ClosedNetwork(rate, tuple(wait.tolist()), tuple(level.tolist())))
    return tuple(found)


def _rates(stops: tuple[Stop, ...], customers: int) -> Array:
    """Throughput with 0 ... customers customers; infinite where no stop takes time."""
    if not any(stop.demand > 0 for stop in stops):
        return np.full(customers + 1, np.inf)
    return np.array([0.0, *(made.throughput for made in _analyse(stops, customers))])
