"""Print the simulated figure, its 99 % interval and the exact value of every reference line, as a Markdown table.

python -m tests.flow.validation
"""

from __future__ import annotations

from collections.abc import Iterator

from layout.flow import simulate
from layout.model.distribution import Distribution
from layout.model.line import Line
from layout.model.results import Estimate
from tests.flow.builders import exponential, failure, line, moves, product, serial, station
from tests.flow.test_assembly import ring
from tests.flow.test_blocking import blocked
from tests.flow.test_fleets import queue_of_vehicles
from tests.reference import flow_values as values

LONG = {"horizon_s": 2_002_000.0, "warmup_s": 2_000.0, "replications": 12, "level": 0.99}


def rows() -> Iterator[tuple[str, Estimate, float, float]]:
    """What, simulated figure, what to divide it by, exact value."""

    def rate(what: str, made: Line, exact: float) -> tuple[str, Estimate, float, float]:
        return what, simulate(made, moves()).throughput_per_h, 3600.0, exact

    for (k, b), exact in values.HILLIER_BOLING.items():
        yield rate(f"{k} exponential machines, b = {b}", serial([exponential(1.0)] * k, b, **LONG), exact)
    for (k, b), exact in values.ERLANG_2.items():
        yield rate(f"{k} Erlang-2 machines, b = {b}", serial([Distribution("erlang", (1.0, 2))] * k, b, **LONG), exact)
    for step in (1, -1):
        times = [exponential(1 / r) for r in values.MIRRORED_RATES[::step]]
        places, rates = values.MIRRORED_PLACES[::step], values.MIRRORED_RATES[::step]
        yield rate(f"rates {rates}, b = {places}", serial(times, places, **LONG), values.MIRRORED)
    for b, exact in values.FAILING.items():
        mode = {"break": failure(exponential(100.0), exponential(10.0))}
        made = serial([exponential(1.0)] * 2, b, failures={0: mode, 1: mode}, **LONG)
        yield rate(f"2 failing exponential machines, b = {b}", made, exact)
    for places, exact in values.ALLOCATIONS.items():
        yield rate(f"4 exponential machines, b = {places}", serial([exponential(1.0)] * 4, places, **LONG), exact)
    for (p1, p2, n), exact in values.BERNOULLI.items():
        times = [Distribution("geometric", (p, 1.0)) for p in (p1, p2)]
        made = blocked(serial(times, n - 1, **LONG), "repeat")
        yield rate(f"Bernoulli machines ({p1}, {p2}), N = {n}", made, exact)
    for k, exact in values.GEOMETRIC.items():
        times = [Distribution("geometric", (p, 1.0)) for p in (values.GEOMETRIC_FAILURE, values.GEOMETRIC_REPAIR)]
        stops = {j: {"f": failure(*times)} for j in range(k)}
        made = serial([1.0] * k, values.GEOMETRIC_PLACES - 2, failures=stops, **{**LONG, "horizon_s": 8_002_000.0})
        yield rate(f"{k} machines of fixed time, geometric failures, N = 10", made, exact)
    for n, exact in values.FLEET_ROUNDS_PER_H.items():
        made = ring([exponential(2.0), exponential(1.5)], n, buffer=2, link_s=6.0, **LONG)
        yield f"{n} vehicle{'s' * (n > 1)} between two docks (closed network), /min", *rate("", made, exact / 60)[1:]
    for name, service, exact in (("M/M/1", exponential(1.0), values.MM1_W), ("M/D/1", 1.0, values.MD1_WAIT + 1)):
        one = [station("m", {"work": service}, source=exponential(1 / values.UTILISATION), sink=True)]
        found = simulate(line(one, [product(sources=["m"], sinks=["m"])], **LONG), moves())
        yield f"{name} at .8, time in system", found.lead_time_s, 1.0, exact
    for k in (1, 2, 3):
        found = simulate(*queue_of_vehicles(k, horizon_s=10_020_000.0 / k, warmup_s=20_000.0, replications=12))
        yield (
            f"{k} vehicle{'s' * (k > 1)} (M/D/{k}) at .8, time in system",
            found.lead_time_s,
            10.0,
            1 + values.md_k_wait(k),
        )


def main() -> None:
    """Print the table."""
    print("| line | exact | simulated | 99 % interval |\n|---|---|---|---|")
    for what, found, unit, exact in rows():
        print(f"| {what} | {exact:.6f} | {found.mean / unit:.6f} | ± {found.half_width / unit:.6f} |")


if __name__ == "__main__":
    main()
