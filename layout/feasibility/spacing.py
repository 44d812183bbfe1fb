"""Machines do not stand in one another, and the floor that people need around them is free."""

from __future__ import annotations

from layout.feasibility.ground import Ground, overlaps, worst
from layout.model.results import Violation


def overlap(ground: Ground) -> list[Violation]:
    """Two footprints overlap: by the least way (m) that one must move to be free of the other."""
    return worst("overlap", overlaps(ground.bodies, ground.bodies, same=True))


def service(ground: Ground) -> list[Violation]:
    """Something stands in a machine's service area, or that area is off the floor: by the depth of it (m).

    The area lies at the sides of the footprint's box, as deep as the model's `service` says. Two of them may share
    floor, and may lie in areas to keep clear: both want it free.
    """
    areas = ground.service
    out = ground.site.outside(areas.rings)
    found: list[tuple[tuple[str, ...], float]] = [
        ((name,), amount) for name, amount in zip(areas.names, out, strict=True)
    ]
    found += overlaps(areas, ground.bodies)
    found += overlaps(areas, ground.site.obstacles)
    found += overlaps(areas, ground.site.fences)
    return worst("service", found)
