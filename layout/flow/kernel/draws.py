"""Random times inside the kernel: draw n of a stream, by the distribution's kind (`streams.KINDS`).

Sources: SplitMix64 (Steele, Lea, Flood 2014); inverse normal AS 241 PPND16 (Wichura, Applied Statistics 37, 1988);
gamma by Marsaglia and Tsang (ACM TOMS 26, 2000). All but gamma and erlang invert one uniform, so that a draw grows
with its parameter: what common random numbers live on.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from layout.flow.kernel.bits import log, unit
from layout.flow.kernel.jit import apart, compiled, inlined
from layout.flow.kernel.records import AHEAD
from layout.flow.kernel.streams import GOLDEN, MIX_1, MIX_2
from layout.flow.kernel.tables import ahead, mode_at, samples, set_ahead, stream_at, streams

_GOLDEN, _MIX_1, _MIX_2 = np.uint64(GOLDEN), np.uint64(MIX_1), np.uint64(MIX_2)
_FEW = 4  # times that are drawn at once at first; a power of 2
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


@inlined
def hashed(z: Any) -> Any:
    """SplitMix64's word for a state of it."""
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@apart
def inverse_normal(p: Any) -> Any:
    """Standard normal quantile of p in (0, 1), to about 1e-16 (AS 241)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        num = (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
                   + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
                + 1.3314166789178437745e2) * r + 3.3871328727963666080e0)  # fmt: skip
        den = (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                   + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
                + 4.2313330701600911252e1) * r + 1.0)  # fmt: skip
        return q * num / den
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        num = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
                   + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
                + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)  # fmt: skip
        den = (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
                   + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
                + 2.05319162663775882187e0) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        num = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
                   + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
                + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)  # fmt: skip
        den = (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
                   + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
                + 5.99832206555887937690e-1) * r + 1.0)  # fmt: skip
    return -num / den if q < 0.0 else num / den


@apart
def _erlang(word: Any, mean: Any, k: Any) -> Any:
    """Sum of k exponentials of that mean: minus the log of a product of uniforms, in lots that cannot underflow."""
    total, product, z = 0.0, 1.0, word
    for i in range(int(k)):
        z += _GOLDEN
        product *= unit(hashed(z))
        if i % 16 == 15:
            total -= log(product)
            product = 1.0
    return mean * (total - log(product))


@apart
def _gamma(word: Any, shape: Any, scale: Any) -> Any:
    """Marsaglia and Tsang's squeeze-free rejection; below shape 1 one more shape, and a uniform's root."""
    boost, z = 1.0, word
    if shape < 1.0:
        z += _GOLDEN
        boost = unit(hashed(z)) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        z += _GOLDEN
        x = inverse_normal(unit(hashed(z)))
        z += _GOLDEN
        u = unit(hashed(z))
        v = (1.0 + c * x) ** 3
        if v > 0.0 and log(u) < 0.5 * x * x + d * (1.0 - v + log(v)):
            return boost * d * v * scale


@compiled
def draw(w: Any, i: Any) -> Any:
    """The next time (s) of stream i."""
    s = streams(w, i)
    kind = s.kind
    if kind == 0:
        return s.a
    s.n += 1
    word = hashed(s.key + np.uint64(s.n) * _GOLDEN)
    if kind == 1:
        return -s.a * log(unit(word))
    if kind == 2:
        return _erlang(word, s.a, s.b)
    if kind == 3:
        return _gamma(word, s.a, s.b)
    u = unit(word)
    if kind == 4:
        return math.exp(s.a + s.b * inverse_normal(u))
    if kind == 5:
        return s.a * (-log(u)) ** s.b
    if kind == 7:
        return s.a + (s.b - s.a) * u
    if kind == 8:
        return s.a * (1.0 + math.floor(log(u) * s.b))
    if kind == 9:
        return samples(w, int(s.a) + min(int(u * s.b), int(s.b) - 1))
    low, mode, high = s.a, s.b, s.c
    if u * (high - low) < mode - low:
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))


@compiled
def _draw_ahead(w: Any, i: Any) -> None:
    """The next times of stream i, which are exponential: few at first. Two loops, for each becomes SIMD code."""
    s = streams(w, i)
    row = AHEAD * i + s.n % AHEAD
    end = row + min(max(s.n, _FEW), AHEAD)
    z, mean = s.key + np.uint64(s.n) * _GOLDEN, s.a
    for j in range(row, end):
        z += _GOLDEN
        set_ahead(w, j, unit(hashed(z)))
    for j in range(row, end):
        set_ahead(w, j, -mean * log(ahead(w, j)))
    s.end = s.n + end - row
    s.following = ahead(w, row)


@inlined
def drawn(w: Any, i: Any) -> Any:
    """As `draw`, for a stream that is always asked here: exponential times are drawn some at a time."""
    s = streams(w, i)
    if s.kind != 1:
        return draw(w, i)
    n = s.n
    if n == s.end:
        _draw_ahead(w, i)
    time = s.following
    s.n = n + 1
    s.following = ahead(w, AHEAD * i + (n + 1) % AHEAD)  # not drawn yet where that is the end: never looked at
    return time


@inlined
def drawn_here(w: Any, server: Any) -> Any:
    """As `drawn`, for a plain server in a row: what comes next has been brought to it."""
    i, s = server.only, stream_at(server.stream_at)
    n = s.n
    if n == s.end:
        _draw_ahead(w, i)
        server.coming = s.following
    time = server.coming
    s.n = n + 1
    s.following = server.coming = ahead(w, AHEAD * i + (n + 1) % AHEAD)
    return time


@apart
def bring(server: Any) -> None:
    """Bring to a plain server in a row, which is at work, what `drawn_here` finds there, and when it fails."""
    server.coming = stream_at(server.stream_at).following
    server.spare = mode_at(server.mode_at).due - (server.worked + server.left)


@compiled
def uniform(w: Any, i: Any) -> Any:
    """The next number in (0, 1) of stream i, whatever its kind."""
    s = streams(w, i)
    s.n += 1
    return unit(hashed(s.key + np.uint64(s.n) * _GOLDEN))
