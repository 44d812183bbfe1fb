"""Random times: what a scenario may write, with mean and coefficient of variation."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from layout import units


@dataclass(frozen=True)
class Distribution:
    """A non-negative random time.

    kind : deterministic, exponential, erlang, gamma, lognormal, weibull, triangular, uniform, geometric or empirical
    parameters : SI floats, by kind:
        deterministic (value_s,); exponential (mean_s,); erlang (mean_s, k); gamma and lognormal (mean_s, cv);
        weibull (scale_s, shape); triangular (low_s, mode_s, high_s); uniform (low_s, high_s);
        geometric (p, cycle_s): n cycles with chance p (1 - p)^(n - 1); empirical: values_s, rising, all equally likely
    """

    kind: str
    parameters: tuple[float, ...]

    @property
    def mean_s(self) -> float:
        """Expected value (s)."""
        p = self.parameters
        match self.kind:
            case "weibull":
                return p[0] * math.gamma(1 + 1 / p[1])
            case "triangular":
                return (p[0] + p[1] + p[2]) / 3
            case "uniform":
                return (p[0] + p[1]) / 2
            case "geometric":
                return p[1] / p[0]
            case "empirical":
                return math.fsum(p) / len(p)
            case _:
                return p[0]

    @property
    def cv(self) -> float:
        """Coefficient of variation: standard deviation over mean."""
        p = self.parameters
        match self.kind:
            case "deterministic":
                return 0.0
            case "exponential":
                return 1.0
            case "erlang":
                return 1 / math.sqrt(p[1])
            case "gamma" | "lognormal":
                return p[1]
            case "weibull":
                return math.sqrt(math.gamma(1 + 2 / p[1]) / math.gamma(1 + 1 / p[1]) ** 2 - 1)
            case "triangular":
                a, c, b = p
                return math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18) / self.mean_s
            case "geometric":
                return math.sqrt(1 - p[0])
            case "empirical":
                mean = self.mean_s
                return math.sqrt(math.fsum((x - mean) ** 2 for x in p) / len(p)) / mean
            case _:
                return (p[1] - p[0]) / math.sqrt(12) / self.mean_s

    def scaled(self, factor: float) -> Distribution:
        """The same distribution of times that are longer by a factor."""
        if self.kind == "geometric":
            return Distribution(self.kind, (self.parameters[0], self.parameters[1] * factor))
        shaped = self.kind in ("erlang", "gamma", "lognormal", "weibull")  # one time, then a number without a unit
        p = self.parameters
        return Distribution(self.kind, (p[0] * factor, *p[1:]) if shaped else tuple(x * factor for x in p))


_FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "erlang": (("mean", "time"), ("k", "number")),
    "gamma": (("mean", "time"), ("cv", "fraction")),
    "lognormal": (("mean", "time"), ("cv", "fraction")),
    "weibull": (("scale", "time"), ("shape", "number")),
    "triangular": (("low", "time"), ("mode", "time"), ("high", "time")),
    "uniform": (("low", "time"), ("high", "time")),
    "geometric": (("p", "fraction"), ("cycle", "time")),
}
KINDS: tuple[str, ...] = ("deterministic", "exponential", *_FORMS, "empirical")
# Nothing on a shop floor is quicker, and a simulated shift would be endless.
LEAST_MEAN_S = 1e-3
MOST_MEAN_S = 1e9  # thirty years
_HOW = (
    f"write a time ('95 s') or one of exponential, {', '.join(_FORMS)}, empirical, "
    "such as {lognormal: {mean: 95 s, cv: 0.1}}"
)


def deterministic(value_s: float) -> Distribution:
    """Always the same time (s)."""
    return Distribution("deterministic", (value_s,))


def read_distribution(value: object) -> Distribution:
    """A scenario's text or mapping as a Distribution; ValueError says what to write."""
    if isinstance(value, Distribution):
        return value
    if not isinstance(value, dict):
        return deterministic(_positive(units.parse(value, "time"), "a process time"))
    if len(value) != 1:
        raise ValueError(_HOW)
    kind, body = next(iter(value.items()))
    if kind in ("exponential", "deterministic"):
        if isinstance(body, dict) and set(body) == {"mean"}:
            body = body["mean"]
        return Distribution(kind, (_positive(units.parse(body, "time"), f"the mean of {kind}"),))
    if kind == "empirical":
        return _empirical(body)
    if kind not in _FORMS:
        raise ValueError(f"unknown distribution {kind!r}; {_HOW}")
    form = _FORMS[kind]
    names = [name for name, _ in form]
    if isinstance(body, (list, tuple)) and len(body) == len(form):
        body = dict(zip(names, body, strict=True))
    if not isinstance(body, dict) or set(body) != set(names):
        raise ValueError(f"{kind} takes {' and '.join(names)}; write {_form(kind)}")
    numbers = []
    for name, dimension in form:
        if dimension == "number":
            raw = body[name]
            if isinstance(raw, bool) or not isinstance(raw, (int, float)):
                raise ValueError(f"{kind}'s {name} must be a number; write {_form(kind)}")
            numbers.append(float(raw))
        else:
            numbers.append(units.parse(body[name], dimension))
    return _checked(kind, tuple(numbers))


_EXAMPLES = {"time": "95 s", "number": "2", "fraction": "0.2"}


def _form(kind: str) -> str:
    """How a distribution is written, with numbers that go together."""
    spread = {"low": "60 s", "mode": "90 s", "high": "2 min"}
    body = ", ".join(f"{name}: {spread.get(name, _EXAMPLES[dimension])}" for name, dimension in _FORMS[kind])
    return f"{{{kind}: {{{body}}}}}"


def _empirical(body: object) -> Distribution:
    if isinstance(body, dict):
        raise ValueError("a file of times belongs in a scenario; here list the times themselves")
    if not isinstance(body, (list, tuple)) or not body:
        raise ValueError(
            "empirical takes a list of times; write [60 s, 72 s], or {file: times.csv, column: seconds, unit: s}"
        )
    values = sorted(units.parse(value, "time") for value in body)
    if values[0] < 0:
        raise ValueError(f"empirical needs times of zero or more; the least is {values[0]:g} s")
    made = Distribution("empirical", tuple(values))
    _positive(made.mean_s, "the mean of empirical")
    return made


def _checked(kind: str, p: tuple[float, ...]) -> Distribution:
    if kind in ("triangular", "uniform"):
        if p[0] < 0 or any(a > b for a, b in itertools.pairwise(p)) or p[-1] <= 0 or p[0] == p[-1]:
            order = " <= ".join(n for n, _ in _FORMS[kind])
            raise ValueError(f"{kind} needs 0 <= {order}, and low < high; write {_form(kind)}")
    elif any(number <= 0 for number in p):
        raise ValueError(f"{kind} needs positive {' and '.join(n for n, _ in _FORMS[kind])}; write {_form(kind)}")
    if kind == "geometric" and p[0] > 1:
        raise ValueError("geometric's p must be at most 1; it is the chance that it takes no further cycle")
    if kind == "weibull" and not 0.1 <= p[1] <= 1000:
        raise ValueError("weibull's shape must be from 0.1 to 1000; 1 is exponential, 3.6 is nearly normal")
    if kind in ("gamma", "lognormal") and p[1] > 100:
        raise ValueError(f"{kind}'s cv must be at most 100; it is the standard deviation over the mean")
    if kind == "erlang" and (p[1] != int(p[1]) or p[1] > 1000):
        raise ValueError("erlang's k must be a whole number from 1 to 1000; it is how many equal phases the time has")
    made = Distribution(kind, p)
    _positive(made.mean_s, f"the mean of {kind}")
    return made


def _positive(number: float, what: str) -> float:
    if number <= 0:
        raise ValueError(f"{what} must be more than zero; write a time such as 95 s")
    if number < LEAST_MEAN_S:
        raise ValueError(f"{what} must be at least {units.duration(LEAST_MEAN_S)}; is the unit right?")
    if number > MOST_MEAN_S:
        raise ValueError(f"{what} must be at most {MOST_MEAN_S:g} s, thirty years; is the unit right?")
    return number


_TIME: dict[str, Any] = {"anyOf": [{"type": "number"}, {"type": "string"}]}
_SCHEMA: dict[str, Any] = {
    "description": f"a random time: {_HOW}",
    "anyOf": [
        _TIME,
        {"type": "object", "properties": {"exponential": _TIME}, "required": ["exponential"],
         "additionalProperties": False},
        *(
            {"type": "object", "required": [kind], "additionalProperties": False, "properties": {kind: {
                "type": "object", "required": [n for n, _ in form], "additionalProperties": False,
                "properties": {n: {"type": "number"} if d == "number" else _TIME for n, d in form}}}}
            for kind, form in _FORMS.items()
        ),
        {"type": "object", "required": ["empirical"], "additionalProperties": False, "properties": {"empirical": {
            "anyOf": [
                {"type": "array", "items": _TIME, "minItems": 1},
                {"type": "object", "required": ["file"], "additionalProperties": False, "properties": {
                    "file": {"type": "string"}, "column": {"type": "string"}, "unit": {"type": "string"}}},
            ]}}},
    ],
}  # fmt: skip

RandomTime = Annotated[Distribution, BeforeValidator(read_distribution), WithJsonSchema(_SCHEMA)]
