"""Draws: the right distributions, and streams that do not know of one another."""

import math

import numba
import numpy as np
import pytest
from scipy import special, stats

from layout.flow.kernel import bits, draws
from layout.flow.kernel.streams import KINDS
from layout.flow.network import compile_line
from layout.flow.output.intervals import estimate
from layout.model.distribution import Distribution
from tests.flow.builders import moves, serial

CASES = [
    (Distribution("exponential", (3.0,)), stats.expon(scale=3.0)),
    (Distribution("erlang", (6.0, 3)), stats.gamma(3, scale=2.0)),
    (Distribution("erlang", (50.0, 50)), stats.gamma(50)),
    (Distribution("gamma", (4.0, 0.5)), stats.gamma(4, scale=1.0)),
    (Distribution("gamma", (4.0, 2.0)), stats.gamma(0.25, scale=16.0)),
    (Distribution("lognormal", (95.0, 0.3)), stats.lognorm(math.sqrt(math.log(1.09)), scale=95 / math.sqrt(1.09))),
    (Distribution("weibull", (2.0, 1.7)), stats.weibull_min(1.7, scale=2.0)),
    (Distribution("triangular", (1.0, 2.0, 5.0)), stats.triang(0.25, loc=1.0, scale=4.0)),
    (Distribution("triangular", (1.0, 1.0, 5.0)), stats.triang(0.0, loc=1.0, scale=4.0)),
    (Distribution("uniform", (2.0, 3.0)), stats.uniform(2.0, 1.0)),
    (Distribution("geometric", (0.3, 1.0)), stats.geom(0.3)),
    (Distribution("geometric", (0.9, 1.0)), stats.geom(0.9)),
    (Distribution("empirical", (1.0, 2.0, 2.0, 7.0)), stats.rv_discrete(values=([1, 2, 7], [0.25, 0.5, 0.25]))),
]


def sample(distribution, n=20_000, seed=1, replication=0, name="m1"):
    world = compile_line(serial([distribution]), moves()).start(seed, replication, 1.0, 0.0, 1, 0, 0)
    record = world.run[0]
    drawn = np.empty(n)
    _fill(record, drawn)
    return drawn


@numba.njit
def _fill(record, drawn):
    for i in range(drawn.size):
        drawn[i] = draws.draw(record, 0)


@pytest.mark.parametrize(("distribution", "exact"), CASES, ids=lambda c: getattr(c, "kind", ""))
def test_draws_follow_their_distribution(distribution, exact):
    drawn = sample(distribution)
    assert _pvalue(drawn, exact) > 0.001
    assert distribution.mean_s == pytest.approx(exact.mean())
    error = 4 * exact.std() / math.sqrt(drawn.size)
    assert drawn.mean() == pytest.approx(distribution.mean_s, abs=error)


def _pvalue(drawn, exact):
    """Kolmogorov-Smirnov; of whole numbers chi-square, the tail in one class."""
    if hasattr(exact.dist if hasattr(exact, "dist") else exact, "pdf"):
        return stats.kstest(drawn, exact.cdf).pvalue
    values = [k for k in range(1, 40) if exact.pmf(k) * drawn.size >= 5]
    found, expected = [np.sum(drawn == k) for k in values], [exact.pmf(k) * drawn.size for k in values]
    rest = drawn.size - sum(found)
    if exact.sf(max(values)) > 1e-12:
        found, expected = [*found, rest], [*expected, drawn.size - sum(expected)]
    else:
        assert rest == 0
    return stats.chisquare(found, expected).pvalue


def test_cycles_are_whole_and_grow_with_the_uniform():
    """Common random numbers: the same uniform, a smaller p, no fewer cycles; p = 1 is the cycle itself."""
    often, seldom = (sample(Distribution("geometric", (p, 0.7)), 2000) for p in (0.9, 0.2))
    assert np.all(seldom >= often)
    assert set(sample(Distribution("geometric", (1.0, 0.7)), 100)) == {0.7}
    assert np.array_equal(often, 0.7 * np.round(often / 0.7))


def test_empirical_values_are_inverted_from_one_uniform():
    values = (1.0, 2.0, 3.5, 8.0, 9.0)
    drawn, u = (sample(d, 500) for d in (Distribution("empirical", values), Distribution("uniform", (0.0, 1.0))))
    assert drawn.tolist() == [values[int(5 * x)] for x in u]


def test_every_kind_is_drawn():
    assert {d.kind for d, _ in CASES} | {"deterministic"} == set(KINDS)
    assert set(sample(Distribution("deterministic", (7.0,)), 3)) == {7.0}


def test_streams_of_replications_and_seeds_are_uncorrelated():
    base = sample(Distribution("uniform", (0.0, 1.0)))
    for seed, replication in ((1, 1), (1, 2), (2, 0)):
        other = sample(Distribution("uniform", (0.0, 1.0)), seed=seed, replication=replication)
        assert abs(np.corrcoef(base, other)[0, 1]) < 4 / math.sqrt(base.size)
    assert abs(np.corrcoef(base[:-1], base[1:])[0, 1]) < 4 / math.sqrt(base.size)


def test_logarithm():
    x = np.concatenate([np.random.default_rng(1).random(2000), 10.0 ** np.linspace(-300, 300, 2000)])
    assert [bits.log(v) for v in x] == pytest.approx(np.log(x), rel=5e-16, abs=0)
    assert bits.log(1.0) == 0.0


def test_uniform_numbers_lie_inside_the_interval():
    assert bits.unit(np.uint64(0)) == 2.0**-53
    assert bits.unit(np.uint64(2**64 - 1)) == 1 - 2.0**-53
    assert bits.unit(np.uint64(2**63)) == 0.5 + 2.0**-53


def test_inverse_normal():
    p = [1e-300, 1e-17, 1e-9, 0.02, 0.3, 0.5, 0.7, 0.999, 1 - 1e-12]
    assert [draws.inverse_normal(x) for x in p] == pytest.approx(special.ndtri(p), rel=1e-12, abs=1e-15)


def test_interval_is_students():
    """Law, Simulation Modeling and Analysis, example 4.26: 90 % interval of ten samples is 1.34 +- 0.24."""
    found = estimate([1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09], 0.90)
    assert found.mean == pytest.approx(1.34, abs=0.005)
    assert found.half_width == pytest.approx(0.24, abs=0.005)
    assert estimate([2.0], 0.9).half_width == math.inf
    assert estimate([math.nan, 2.0, 4.0], 0.9).n == 2
