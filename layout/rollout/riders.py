"""What can be seen of a part on a belt: how far it is, and whether it stands, leans, slips, is pushed or stuck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from layout.model.library import Point3
from layout.model.physical import Incident
from layout.rollout.tracks import Leg, Track
from layout.scene.physics.parts import Part
from layout.scene.physics.world import GRAVITY_M_S2, World

LOOK_S = 1.0 / 30.0
"""Parts are looked at so often."""
TIPPED_RAD = math.radians(30.0)
"""No slope leans a part so far (20 degrees at most), and blocks as high as wide come back from less than 45."""
FELL_M = 0.03
"""A part's underside this far below the belt's surface has left it: belts are 80 mm thick, their nose rollers 40 mm."""
SUNK_M = 0.005
"""A part that leans on a belt has its underside's middle above it; lower than this there is no belt below it."""
CLIMBED_M = 0.02
"""Solver noise lifts parts by less than 1 mm; a part on another one stands at least this much higher."""
SLIP_M_S = 0.01
SLIP_SHARE = 0.1
"""Slower than the belt by so much, and by so much of its speed, is slipping."""
SLIP_S = 0.5
"""A part takes v / (friction x g) to reach the belt's speed v, 0.1 s at usual ones: longer than this polishes belts."""
PASSED_M = 0.02
"""A part whose rear is farther before a belt's begin still lies on the belt before, which may be slower: it slips on
one of the two, and no longer than it takes to pass."""
PUSHED_M = 0.02
PUSHED_RAD = math.radians(10.0)
"""So far aside, or turned so far, a gripper that was told the place misses the part; belts keep parts within 1 mm."""
CENTRED_M = 0.05
"""Stroke of either of the jaws that centre parts before a tool takes them: that of common short-stroke cylinders."""
CENTRED_RAD = math.radians(10.0)
"""Jaws that close on a part turned no further make it straight: a block as long as wide slides along them up to a
friction of (1 - tan 10) / (1 + tan 10) = 0.7."""
PUSHING = 0.25
"""From this share of that on it is noted what touches it: by the whole of it that may be gone."""
JAMMED_S = 2.0
JAMMED_M = 0.005
"""No more way than this in that time is none: a belt of 0.05 m/s, the slowest usual, makes 100 mm."""
NEAR_M = 0.01
"""Parts no farther apart queue."""
MET_S = 1.0
"""A part that falls over within this of meeting the stop does so because of it."""
_WINDOW = 8
"""Looks over which speed is taken: a quarter of a second."""


@dataclass(eq=False)
class Rider:
    """A part on a belt.

    along_m, left_m : of its frame's origin, on the belt's track; high_m : its underside above the surface
    begin_m, begin_s : where and when it entered
    front_m, rear_m : where on the track its front and rear are, turned as it is; met_s : when it was at the stop last
    asleep : stands in the queue, held where it is until that moves on; waits : before a corner that another part is in
    at_end : has arrived; held : has queued
    quarters : quarter turns to the left between the belt's way and its x axis, as it entered; aside_rad : beyond those
    bent_s : when it was last on a corner; square : how far aside and turned it was when it had settled after that
    looks : when it was looked at last, and where it was; told : kinds of its incidents
    pushed_by : what touched it last while it left its line; empty: nothing but the belt
    """

    part: Part
    begin_m: float
    begin_s: float
    along_m: float = 0.0
    left_m: float = 0.0
    high_m: float = 0.0
    lean_rad: float = 0.0
    aside_rad: float = 0.0
    piece: int = 0
    quarters: int = 0
    front_m: float = 0.0
    rear_m: float = 0.0
    at_m: Point3 = (0.0, 0.0, 0.0)
    met_s: float = -math.inf
    look_s: float = 0.0
    asleep: bool = False
    waits: bool = False
    at_end: bool = False
    held: bool = False
    cleared: bool = False
    still_s: float = 0.0
    slips_s: float = 0.0
    pushed_by: str = ""
    stuck: tuple[float, float] = (0.0, 0.0)
    bent_s: float = 0.0
    square: tuple[float, float] | None = None
    looks: list[tuple[float, float]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def settle(self) -> None:
        """It enters as it lies: the quarter turn nearest to that is how it is meant to ride."""
        turned = self.quarters * math.pi / 2 + self.aside_rad
        self.quarters = round(turned / (math.pi / 2)) % 4
        self.aside_rad = math.remainder(turned - self.quarters * math.pi / 2, 2 * math.pi)

    @property
    def ahead_m(self) -> float:
        """From its frame's origin to its front, when it rides square."""
        (low_x, low_y, _), (high_x, high_y, _) = self.part.form.low_m, self.part.form.high_m
        return float((high_x, -low_y, -low_x, high_y)[self.quarters])

    @property
    def grasp_m(self) -> float:
        """From its frame's origin to its grasp point, along the belt, when it rides square."""
        x, y, _ = self.part.form.model.grasp_m
        return (x, -y, -x, y)[self.quarters]

    @property
    def grasp_left_m(self) -> float:
        """From its frame's origin to its grasp point, across the belt, when it rides square."""
        x, y, _ = self.part.form.model.grasp_m
        return (y, x, -y, -x)[self.quarters]

    @property
    def swing_m(self) -> float:
        """How far its corners reach beyond its front and rear as it is turned."""
        x, y, _ = self.part.form.high_m - self.part.form.low_m
        return float(math.hypot(x, y) - (y if self.quarters % 2 else x)) / 2

    def locate(self, track: Track) -> None:
        """Read its pose."""
        (x, y, z), (qx, qy, qz, qw) = self.part.pose()
        self.along_m, self.left_m, self.piece = track.find(x, y, self.piece)
        piece = track.pieces[self.piece]
        (_, _, top), heading = piece.place(self.along_m - piece.begin_m)
        self.high_m, self.at_m = z - top, (x, y, z)
        self.lean_rad = math.acos(max(-1.0, min(1.0, 1.0 - 2.0 * (qx * qx + qy * qy))))
        yaw = math.atan2(2 * (qw * qz + qx * qy), 1 - 2 * (qy * qy + qz * qz))
        turned = math.remainder(yaw - heading, 2 * math.pi)
        self.aside_rad = math.remainder(turned - self.quarters * math.pi / 2, 2 * math.pi)
        c, s = math.cos(turned), math.sin(turned)
        (low_x, low_y, _), (high_x, high_y, _) = self.part.form.low_m, self.part.form.high_m
        self.front_m = self.along_m + float(max(low_x * c, high_x * c) + max(-low_y * s, -high_y * s))
        self.rear_m = self.along_m + float(min(low_x * c, high_x * c) + min(-low_y * s, -high_y * s))


class Watch:
    """Looks at the riders of one belt, and says what is wrong with them: each kind once for a part.

    own : bodies of the belt, which may touch what rides on it; riding : bodies of all parts that ride
    """

    def __init__(self, world: World, name: str, track: Track, speed_m_s: float, own: Sequence[int]) -> None:
        self._world, self._name, self._track, self._speed = world, name, track, speed_m_s
        self._own = frozenset(own)
        self.riding: set[int] = set()

    def look(self, rider: Rider, now_s: float, queues: bool) -> list[Incident]:
        """What became wrong since the last look; queues : whether it is held up by what is before it."""
        looks = rider.looks
        looks.append((now_s, rider.along_m))
        if len(looks) > _WINDOW:
            del looks[0]
        span = now_s - looks[0][0]
        speed = (rider.along_m - looks[0][1]) / span if span > 0 else self._speed
        found = []
        if rider.high_m < -FELL_M:
            found.append(self._tell(rider, now_s, "fell", -rider.high_m, "m", FELL_M, self._fall(rider)))
        elif rider.lean_rad > TIPPED_RAD:
            cause = self._tip(rider, now_s)
            found.append(self._tell(rider, now_s, "tipped", rider.lean_rad, "rad", TIPPED_RAD, cause))
        elif rider.high_m > CLIMBED_M and "tipped" not in rider.told and not self._rocks(rider):
            cause = f"it stands on {self._touched(rider) or 'nothing that is known'}"
            found.append(self._tell(rider, now_s, "climbed", rider.high_m, "m", CLIMBED_M, cause))
        else:
            found += [self._slips(rider, now_s, speed, queues), None if queues else self._pushed(rider, now_s)]
        found.append(self._jams(rider, now_s, queues))
        return [incident for incident in found if incident is not None]

    def arrived(self, rider: Rider, place_m: float, now_s: float) -> Incident | None:
        """Whether the jaws that centre a part for a tool miss it; place_m : how far left of the middle they put it."""
        aside, turned = abs(rider.left_m - place_m), abs(rider.aside_rad)
        if turned > CENTRED_RAD:
            cause = "it came to the belt's end turned by more than jaws make straight"
            return self._tell(rider, now_s, "misplaced", turned, "rad", CENTRED_RAD, cause)
        if aside > CENTRED_M:
            cause = "it came to the belt's end farther beside its place than jaws reach to centre it"
            return self._tell(rider, now_s, "misplaced", aside, "m", CENTRED_M, cause)
        return None

    # ------------------------------------------------------------ one kind each

    def _slips(self, rider: Rider, now_s: float, speed: float, queues: bool) -> Incident | None:
        slip = self._speed - speed
        limit = max(SLIP_M_S, SLIP_SHARE * self._speed)
        full = len(rider.looks) == _WINDOW
        handed_on = rider.rear_m < -PASSED_M
        if not full or queues or handed_on or self._bends(rider) or slip <= limit:
            rider.slips_s = now_s
            return None
        if now_s - rider.slips_s < SLIP_S:
            return None
        grip = rider.part.form.model.friction
        steep = max(
            (math.asin((piece.end_m[2] - piece.start_m[2]) / piece.length_m) for piece in self._under(rider)),
            default=0.0,
        )
        by = self._touched(rider)
        if by and by != QUEUE:
            cause = f"{by} holds it back"
        elif abs(steep) > 1e-3:
            holds = grip * math.cos(steep)
            cause = (
                f"a slope of {math.degrees(steep):.1f} degrees pulls with {abs(math.sin(steep)):.2f} of its weight, "
                f"friction holds {holds:.2f} of it"
            )
        else:
            needs = self._speed / (grip * GRAVITY_M_S2)
            cause = f"friction {grip:g} takes {needs:.2f} s to bring it to the belt's {self._speed:g} m/s"
        return self._tell(rider, now_s, "slipped", slip, "m/s", limit, cause, by)

    def _pushed(self, rider: Rider, now_s: float) -> Incident | None:
        if self._bends(rider):
            rider.square, rider.bent_s = None, now_s
        if rider.square is None:
            if now_s - rider.bent_s >= _WINDOW * LOOK_S:
                rider.square = (rider.left_m, rider.aside_rad)
            return None
        moved, turned = abs(rider.left_m - rider.square[0]), abs(rider.aside_rad - rider.square[1])
        share = max(moved / PUSHED_M, turned / PUSHED_RAD)
        if share <= PUSHING:
            rider.pushed_by = ""
        elif share <= 1.0:
            rider.pushed_by = self._touched(rider) or rider.pushed_by
        if share <= 1.0:
            return None
        rider.square = (rider.left_m, rider.aside_rad)
        by = self._touched(rider)
        if by in (GUIDE, QUEUE):
            return None  # guides lead it straight, and a queue round a corner bends
        by = by or rider.pushed_by
        what = "a guide beside the belt" if by == GUIDE else by
        alone = "only the belt touched it: a corner, a gap or gathering speed may have turned it"
        cause = f"{what} pushed it" if what else alone
        if moved > PUSHED_M:
            return self._tell(rider, now_s, "pushed", moved, "m", PUSHED_M, cause, by)
        return self._tell(rider, now_s, "pushed", turned, "rad", PUSHED_RAD, cause, by)

    def _jams(self, rider: Rider, now_s: float, queues: bool) -> Incident | None:
        since, at = rider.stuck
        if queues or abs(rider.along_m - at) > JAMMED_M:
            rider.stuck = (now_s, rider.along_m)
            return None
        if now_s - since < JAMMED_S:
            return None
        by = self._touched(rider)
        what = "a guide beside the belt" if by == GUIDE else by
        cause = f"{what} holds it" if what else "nothing holds it, but the belt does not take it along"
        return self._tell(rider, now_s, "jammed", now_s - since, "s", JAMMED_S, cause, by)

    def _under(self, rider: Rider) -> list[Leg]:
        """Straight pieces of the track that it lies on."""
        return [
            piece
            for piece in self._track.pieces
            if isinstance(piece, Leg)
            and piece.begin_m < rider.front_m
            and piece.begin_m + piece.length_m > rider.rear_m
        ]

    def _bends(self, rider: Rider) -> bool:
        """Whether it is partly on a corner, where no part goes along with all of the surface."""
        return any(a - NEAR_M < rider.front_m and rider.rear_m < b + NEAR_M for a, b in self._track.tables)

    def _rocks(self, rider: Rider) -> bool:
        """Whether it leans so much that an edge explains how high it is."""
        reach = float(max(abs(rider.part.form.low_m).max(), abs(rider.part.form.high_m).max()))
        return rider.high_m < reach * math.sin(rider.lean_rad) + CLIMBED_M / 2

    def _tip(self, rider: Rider, now_s: float) -> str:
        if rider.high_m < -SUNK_M:
            return "it sinks into a gap in the belt's way"
        (low_x, low_y, _), (high_x, high_y, _) = rider.part.form.low_m, rider.part.form.high_m
        base = min(high_x - low_x, high_y - low_y) / 2
        high = float(rider.part.form.spread.centre_m[2])
        where = (
            "in a corner" if self._bends(rider) else "at the stop" if now_s - rider.met_s < MET_S else "on a straight"
        )
        stands = GRAVITY_M_S2 * base / high
        return (
            f"{where}, where no more than {stands:.2f} m/s^2 leaves it standing (its centre of mass is "
            f"{1e3 * high:.0f} mm high and {1e3 * base:.0f} mm from its edge)"
        )

    def _fall(self, rider: Rider) -> str:
        if rider.along_m > self._track.length_m:
            return "beyond the belt's end"
        side = abs(rider.left_m)
        return f"{1e3 * side:.0f} mm beside the belt's middle" if side > 0.05 else "through a gap in the belt's way"

    def _touched(self, rider: Rider) -> str:
        """The name of what touches it that does not belong to the belt: a thing, another part, a guide; else empty."""
        found = ""
        for body in self._world.touching(rider.part.body):
            name = self._world.name_of(body)
            if body not in self._own and body not in self.riding and not name.startswith(GUIDE):
                return name
            if body not in self._own:
                found = GUIDE if body not in self.riding else found or QUEUE
        return found

    def _tell(
        self,
        rider: Rider,
        now_s: float,
        kind: str,
        amount: float,
        unit: str,
        limit: float,
        cause: str,
        by: str = "",
    ) -> Incident | None:
        if kind in rider.told:
            return None
        rider.told.add(kind)
        subjects = (by, self._name) if by and by not in (GUIDE, QUEUE) else (self._name,)
        part = rider.part
        return Incident(
            now_s, kind, subjects, rider.at_m, float(amount), unit, cause, part.number, part.form.product, limit
        )


GUIDE, QUEUE = "guide", "another part"
"""Names of the rails beside belts, and of what else rides on them."""
