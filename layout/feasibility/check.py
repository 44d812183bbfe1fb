"""All rules over one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from layout.feasibility import belts, clearance, floor, lanes, paths, reach, safety, spacing, swings, walkways
from layout.feasibility.ground import Ground
from layout.model.line import Line
from layout.model.results import Violation
from layout.scene import Scene

FLAT: Mapping[str, Callable[[Ground], list[Violation]]] = {
    "floor": floor.floor,
    "obstacle": floor.obstacle,
    "keep_clear": floor.keep_clear,
    "fence": floor.fence,
    "overlap": spacing.overlap,
    "service": spacing.service,
}
"""Rules of the plan: they take a fraction of a millisecond together."""

SOLID: Mapping[str, Callable[[Ground, Scene], list[Violation]]] = {
    "clearance": clearance.clearance,
    "belt": lambda ground, scene: belts.belt(ground),
    "access": lambda ground, scene: swings.access(ground),
    "door": lambda ground, scene: swings.door(ground),
    "lane": lambda ground, scene: lanes.lane(ground),
    "walkway": lambda ground, scene: walkways.walkway(ground),
    "gap": lambda ground, scene: safety.gap(ground),
    "reach": lambda ground, scene: reach.reach(ground),
}
"""Rules of the machines' shapes, the ways of belts, vehicles and people, and the arms' kinematics."""

MOVING: Mapping[str, Callable[[Ground], list[Violation]]] = {
    "reach": paths.free_reach,
    "path": paths.path,
    "zone": paths.zone,
    "gap": safety.arm_gap,
    "separation": safety.separation,
}
"""Rules of the arms' moves among what stands about them: asked only where nothing else is at fault."""

RULES: tuple[str, ...] = tuple(dict.fromkeys((*FLAT, *SOLID, *MOVING)))


def check(line: Line, scene: Scene, everything: bool = False) -> tuple[Violation, ...]:
    """What keeps a line from being built, in the order of `RULES`; empty if, and only if, it is feasible.

    Where the plan is at fault already, belts and reach are judged as `quick` does, since laying belts out around
    machines that stand in one another is slow and tells nothing; `everything` judges them in full all the same.

    Raises SceneError where a model's files cannot be loaded, LayoutError where a belt's port is missing.
    """
    ground = Ground(line)
    found = [violation for rule in FLAT.values() for violation in rule(ground)]
    if found and not everything:
        found += clearance.clearance(ground, scene)
        return _merged([*found, *belts.quick_belt(ground), *reach.quick_reach(ground)])
    found += [violation for solid in SOLID.values() for violation in solid(ground, scene)]
    if not found:
        found += [violation for moving in MOVING.values() for violation in moving(ground)]
    return _merged(found)


def ways(
    ground: Ground, spaced: bool = False, enough: Callable[[Sequence[Violation]], bool] | None = None
) -> tuple[Violation, ...]:
    """What `quick` leaves out or estimates, without a scene: belts as laid out, doors, vehicles' and people's ways,
    reach by inverse kinematics, gaps in the plan.

    The gaps are measured from above, where `check` measures between hulls: a proposal that passes here passes there.

    spaced : the gaps are known to be there
    enough : looking stops once what was found so far is
    """
    found = [] if spaced else clearance.plan_gaps(ground)
    for rule in (swings.door, swings.access, belts.belt, reach.reach, walkways.walkway, lanes.lane):  # cheap ones first
        if enough is not None and enough(found):
            break
        found += rule(ground)
    return _merged(found)


def quick(line: Line) -> tuple[Violation, ...]:
    """What the plan alone tells, without a scene: the `FLAT` rules, the belts' ends, reach by distance.

    A line that fails here fails `check`, too.
    """
    ground = Ground(line)
    found = [violation for rule in FLAT.values() for violation in rule(ground)]
    return _merged([*found, *belts.quick_belt(ground), *reach.quick_reach(ground)])


def _merged(found: list[Violation]) -> tuple[Violation, ...]:
    """One violation for each rule and subjects (belts add to the service rule), with the greatest amount, in order."""
    most: dict[tuple[str, tuple[str, ...]], Violation] = {}
    for violation in found:
        key = (violation.rule, violation.subjects)
        if key not in most or violation.amount > most[key].amount:
            most[key] = violation
    order = {rule: number for number, rule in enumerate(RULES)}
    return tuple(sorted(most.values(), key=lambda v: (order[v.rule], v.subjects)))
