"""What goes wrong with an arm while it moves: it leaves its path, its drives give all, it comes too near, it hits."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from layout.model.line import Arm
from layout.model.physical import Incident
from layout.model.pose import Array
from layout.motion.cell import MARGIN_M
from layout.motion.kinematics import chain_of, forward
from layout.motion.trajectory import levers_m
from layout.scene.physics.arms import ArmBody

TRACKING_M = MARGIN_M
"""The tool may be this far from where it is planned to be: paths keep this distance from everything around them."""

SATURATED_S = 0.1
"""A drive at its limit for longer is an incident; for shorter it is a peak, which gears and motors allow for."""

AT_LIMIT = 0.999

NEAR_M = 0.003
"""Nearer than this on the way is a near miss: less than a third of what paths keep, as much as hand-overs keep."""

TOUCH_M = 0.0005
"""Bodies that overlap by no more do not touch: the engine lets resting bodies sink in by some tenths."""

NEAR_EVERY = 4
"""Distances are looked at once in so many looks, being the dearest."""


class Watch:
    """Looks after one arm's moves; each kind of incident once a move.

    tell : takes what is found; name_of : what a body is called
    """

    def __init__(
        self, arm: Arm, body: ArmBody, name_of: Callable[[int], str], tell: Callable[[Incident], None]
    ) -> None:
        self._arm, self._body, self._name_of, self._tell = arm, body, name_of, tell
        self._levers = levers_m(chain_of(arm.model))
        self._base = arm.pose.matrix()
        self._limits = np.where(body.limited, body.effort * AT_LIMIT, np.inf)
        self._told: set[tuple[str, int]] = set()
        self._full_s = np.zeros(body.dof)
        self._looks = 0
        self.error_m = 0.0
        self.error_rad = 0.0

    def begin(self) -> None:
        """A new move."""
        self._told.clear()
        self._full_s[:] = 0.0
        self._looks = 0
        self.error_m = self.error_rad = 0.0

    def look(
        self,
        now_s: float,
        planned: Array,
        since_s: float,
        number: int,
        product: str,
        leave_out: Collection[int],
        fixture: Collection[str],
        way: str,
        roomy: bool,
    ) -> None:
        """Compare with the plan, and see what is near.

        planned : (dof,) where the joints should be now; since_s : time since the last look
        number, product : of the part that is carried (-1, "": none)
        leave_out : bodies that the arm may touch; fixture : names of what the part may touch
        way : what the arm does, in words; roomy : whether it should keep its distance here
        """
        angles, _, drives = self._body.state()
        off = np.abs(angles - planned)
        full = np.abs(drives) >= self._limits
        self._full_s = np.where(full, self._full_s + since_s, 0.0)
        self.error_rad = max(self.error_rad, float(off.max()))
        if float(off @ self._levers) > max(self.error_m, TRACKING_M):
            self._off_path(now_s, angles, planned, number, product, way)
        for joint in np.flatnonzero(self._full_s > SATURATED_S).tolist():
            if self._new("saturated", joint):
                name, most = self._arm.model.joints[joint].name, float(self._body.effort[joint])
                unit = "N" if self._arm.model.joints[joint].prismatic else "N m"
                cause = f"{name} gives its {most:g} {unit} for more than {SATURATED_S:g} s {way}"
                self._say(now_s, "saturated", (), SATURATED_S, "s", cause, number, product, limit=SATURATED_S)
        for touch in self._body.touches(TOUCH_M, leave_out):
            other = self._name_of(touch.other)
            if touch.body == self._body.held and other in fixture:
                continue
            if self._new("collision", touch.other):
                mine = "its part" if touch.body == self._body.held else self._body.names[touch.link + 1]
                self._say(
                    now_s,
                    "collision",
                    (other,),
                    touch.force_n,
                    "N",
                    f"{mine} touches {other} {way}, {touch.depth_m * 1e3:.1f} mm deep",
                    number,
                    product,
                    touch.at_m,
                )
        self._looks += 1
        if roomy and self._looks % NEAR_EVERY == 0:
            gap = self._body.nearest(NEAR_M, leave_out)
            if gap is not None and ("collision", gap.other) not in self._told and self._new("near miss", gap.other):
                other = self._name_of(gap.other)
                mine = self._body.names[gap.link + 1] if gap.link >= 0 else "its part"
                cause = f"{mine} passes {other} {way}"
                self._say(
                    now_s, "near miss", (other,), gap.distance_m, "m", cause, number, product, gap.at_m, limit=NEAR_M
                )

    def stuck(self, now_s: float, planned: Array, number: int, product: str, way: str, limit_m: float) -> None:
        """It does not come to rest where it should, to within so much (m)."""
        angles, _, _ = self._body.state()
        self._off_path(now_s, angles, planned, number, product, f"at the end {way}", limit_m, always=True)

    def say(
        self,
        now_s: float,
        kind: str,
        others: tuple[str, ...],
        amount: float,
        unit: str,
        cause: str,
        number: int,
        product: str,
        limit: float,
    ) -> None:
        """An incident at the tool."""
        self._say(now_s, kind, others, amount, unit, cause, number, product, limit=limit)

    def _off_path(
        self, now_s: float, angles: Array, planned: Array, number: int, product: str, way: str,
        limit_m: float = TRACKING_M, always: bool = False,
    ) -> None:  # fmt: skip
        model = self._arm.model
        away = forward(model, angles)[:3, 3] - forward(model, planned)[:3, 3]
        self.error_m = max(self.error_m, float(np.linalg.norm(away)))
        if (self.error_m <= TRACKING_M and not always) or not self._new("tracking", 0):
            return
        off = np.abs(angles - planned)
        worst = int(off.argmax())
        full = [model.joints[k].name for k in np.flatnonzero(self._full_s > 0.0).tolist()]
        because = f"; {', '.join(full)} at the limit" if full else ""
        amount = float(off[worst])
        cause = (
            f"the tool is {np.linalg.norm(away) * 1e3:.1f} mm beside its path {way}, {model.joints[worst].name} "
            f"{amount * 1e3:.1f} {'mm' if model.joints[worst].prismatic else 'mrad'}{because}"
        )
        self._say(now_s, "tracking", (), float(np.linalg.norm(away)), "m", cause, number, product, limit=limit_m)

    def _new(self, kind: str, about: int) -> bool:
        known = (kind, about) in self._told
        self._told.add((kind, about))
        return not known

    def _say(
        self,
        now_s: float,
        kind: str,
        others: tuple[str, ...],
        amount: float,
        unit: str,
        cause: str,
        number: int,
        product: str,
        at_m: tuple[float, float, float] | None = None,
        limit: float = 0.0,
    ) -> None:
        if at_m is None:
            (x, y, z), _ = self._body.tool()
            at_m = (float(x), float(y), float(z))
        self._tell(Incident(now_s, kind, (self._arm.name, *others), at_m, amount, unit, cause, number, product, limit))
