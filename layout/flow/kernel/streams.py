"""Keys of the random streams: one for each thing that happens by chance in one replication.

A stream is a function of its counter: draw n is a hash of (key, n), with no state to carry. Keys come from the seed and
the replication (numpy's SeedSequence) and from the *name* of what is drawn, so the order in which a line is declared
changes nothing, and two layouts of the same machines see the same chances (common random numbers).

Sources: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (SplitMix64);
Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (counter-based streams).
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import Any

import numpy as np

from layout.model.distribution import Distribution

KINDS = {
    "deterministic": 0,
    "exponential": 1,
    "erlang": 2,
    "gamma": 3,
    "lognormal": 4,
    "weibull": 5,
    "triangular": 6,
    "uniform": 7,
    "geometric": 8,
    "empirical": 9,
}
GOLDEN = 0x9E3779B97F4A7C15
MIX_1, MIX_2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@lru_cache(maxsize=65536)
def name_key(*names: str) -> int:
    """64-bit hash of what a stream is for, such as ("process", "mill", "drill", "bracket")."""
    text = "\x1f".join(names).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


@lru_cache(maxsize=65536)
def replication_key(seed: int, replication: int) -> int:
    """64-bit key of one replication of one seed."""
    words = np.random.SeedSequence(entropy=seed, spawn_key=(replication,)).generate_state(1, np.uint64)
    return int(words[0])


def stream_keys(names: Any, seed: int, replication: int) -> Any:
    """names : (n,) uint64 name keys -> (n,) uint64 keys of one replication's streams."""
    z = (names ^ np.uint64(replication_key(seed, replication))) + np.uint64(GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    return z ^ (z >> np.uint64(31))


def parameters(distribution: Distribution, samples: list[float]) -> tuple[int, float, float, float]:
    """Kind and three numbers as `draws.draw` takes them (s).

    samples : values of empirical distributions so far; one more's are added, and found by their first and number
    """
    p = distribution.parameters
    kind = KINDS[distribution.kind]
    match distribution.kind:
        case "gamma":
            shape = 1 / p[1] ** 2
            return kind, shape, p[0] / shape, 0.0
        case "lognormal":
            sigma2 = math.log1p(p[1] ** 2)
            return kind, math.log(p[0]) - sigma2 / 2, math.sqrt(sigma2), 0.0
        case "erlang":
            return kind, p[0] / p[1], p[1], 0.0
        case "weibull":
            return kind, p[0], 1 / p[1], 0.0
        case "geometric":
            return kind, p[1], 1 / math.log1p(-p[0]) if p[0] < 1 else 0.0, 0.0
        case "empirical":
            samples += p
            return kind, float(len(samples) - len(p)), float(len(p)), 0.0
        case _:
            return (kind, *p, *(0.0,) * (3 - len(p)))  # type: ignore[return-value]
