"""Where products are joined to others and parted from them: machines by product, from the scenario alone."""

from __future__ import annotations

from collections.abc import Mapping

from layout.model.distribution import Distribution
from layout.model.scenario import Machine, ScenarioSpec


def does(machine: Machine, operation: str, product: str) -> bool:
    """Whether a machine has a time for an operation on a product."""
    times = machine.operations.get(operation)
    return isinstance(times, Distribution) or (times is not None and product in times)


def joiners(spec: ScenarioSpec, product: str) -> set[str]:
    """Machines whose operations join a product to others."""
    return _where(spec, product, {name: entry.components for name, entry in spec.products.items()})


def releasers(spec: ScenarioSpec, product: str) -> set[str]:
    """Machines whose operations part a product from others."""
    return _where(spec, product, {name: entry.releases for name, entry in spec.products.items()})


def _where(spec: ScenarioSpec, product: str, of: Mapping[str, Mapping[str, Mapping[str, int]]]) -> set[str]:
    return {
        machine
        for machine, entry in spec.machines.items()
        for host, operations in of.items()
        for operation, products in operations.items()
        if product in products and does(entry, operation, host)
    }


def names_as(spec: ScenarioSpec, kind: str) -> dict[str, list[str]]:
    """Product -> the products that name it in `components` or `releases`."""
    found: dict[str, list[str]] = {}
    for host, entry in spec.products.items():
        for products in getattr(entry, kind).values():
            for product in products:
                found.setdefault(product, []).append(host)
    return found


def enters(spec: ScenarioSpec, product: str) -> bool:
    """Whether a product comes from outside: nothing releases it, and it does not circulate."""
    return product not in names_as(spec, "releases") and spec.products[product].circulates is None
