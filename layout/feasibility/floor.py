"""Machines and arms stand on the floor, clear of what stands there already and of what must stay free."""

from __future__ import annotations

from layout.feasibility.ground import Ground, overlaps, worst
from layout.model.results import Violation


def floor(ground: Ground) -> list[Violation]:
    """A footprint sticks out of the floor: by its greatest distance outside (m)."""
    out = ground.site.outside(ground.bodies.rings)
    return worst("floor", [((name,), amount) for name, amount in zip(ground.bodies.names, out, strict=True)])


def obstacle(ground: Ground) -> list[Violation]:
    """A footprint overlaps an obstacle: by the least way (m) that it must move to be free of it."""
    return worst("obstacle", overlaps(ground.bodies, ground.site.obstacles))


def keep_clear(ground: Ground) -> list[Violation]:
    """A footprint reaches into an area to keep clear: by the least way (m) that it must move out."""
    return worst("keep_clear", overlaps(ground.bodies, ground.site.keep_clear))


def fence(ground: Ground) -> list[Violation]:
    """A footprint stands in a guard fence: by the least way (m) that it must move out."""
    return worst("fence", overlaps(ground.bodies, ground.site.fences))
