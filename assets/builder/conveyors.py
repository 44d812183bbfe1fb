"""conveyor_belt, conveyor_roller, conveyor_corner, conveyor_merge: stretches of conveyor with ends that join (m)."""

import numpy as np

from .details import foot
from .model import Model
from .shapes import Array, box, cylinder, prism, rbox, rect, rounded, shift, turn
from .stations import BELT_TOP, arrow, barrier, belt_deck, drive

LENGTH = 2.0  # m: of the straight ones
LANE = 0.21  # m: half the length of the rollers
FRAME = 0.25  # m: half the width with side frames
ROLLER = 0.025  # m: radius
PITCH = 0.10  # m between rollers: three under a carton of 300 mm
CORNER_RADIUS = 0.55  # m: centre line of the corner
MERGE = (0.9, 0.45)  # m: half length and half depth of the merge's box
CHEVRON = np.array([(-0.012, -0.02), (0.0, -0.02), (0.016, 0.0), (0.0, 0.02), (-0.012, 0.02), (0.004, 0.0)])


def belt() -> Model:
    """A belt conveyor of 2 m: in at the left, out at the right."""
    m = Model("conveyor_belt")
    belt_deck(m, -LENGTH / 2, LENGTH / 2, "blue", (-0.75, 0.75))
    drive(m, 0.0, "blue")
    barrier(m, -0.85)
    for s in (-1, 1):
        for y in (-0.5, 0.5):
            arrow(m, y, -1, "white", 0.215 * s, s)
    return m.turned(90)


def legs(m: Model, x: float, y: float, half: float, top: float = 0.78) -> None:
    """A pair of legs across a lane at x, `half` to either side of y, with a brace."""
    for s in (-1, 1):
        v = y + s * half
        m.add("mid_grey", box((x - 0.03, v - 0.02, 0.05), (x + 0.03, v + 0.02, top), 0.003), hull="leg")
        foot(m, x, v, 0.05, 0.04)
    m.add("mid_grey", box((x - 0.02, y - half, 0.30), (x + 0.02, y + half, 0.35), 0.002), hull="brace")


def lane(m: Model, x0: float, x1: float, y: float, colour: str = "blue") -> None:
    """Rollers in side frames from x0 to x1 about the line at y, their tops level with the library's belts."""
    z = BELT_TOP - ROLLER
    count = int((x1 - x0 - 0.04) / PITCH) + 1
    first = (x0 + x1 - (count - 1) * PITCH) / 2
    for k in range(count):
        x = first + k * PITCH
        m.add("steel", cylinder((x, y - LANE, z), (x, y + LANE, z), ROLLER, 12, 0))
    m.solid("rollers", (x0, y - LANE, BELT_TOP - 2 * ROLLER), (x1, y + LANE, BELT_TOP))
    for s in (-1, 1):
        a, b = sorted((y + s * (LANE + 0.004), y + s * FRAME))
        m.add(colour, box((x0, a, 0.78), (x1, b, BELT_TOP + 0.005), 0.004, "yz"), hull="frame")
        face = y + s * FRAME
        for k in range(count):
            x = first + k * PITCH
            m.add("dark_steel", cylinder((x, face - 0.003 * s, z), (x, face + 0.003 * s, z), 0.009, 6, 0))
        a, b = sorted((face + 0.0005 * s, face + 0.0025 * s))
        m.add("white", box((x0 + 0.04, a, 0.80), (x1 - 0.04, b, 0.815), 0))


def chevrons(m: Model, x: float, y: float, way: float, out: int) -> None:
    """Three chevrons on the frame's side at y: the way parts run (`way` +1 towards +x)."""
    for k in range(3):
        u = x + 0.05 * k * way
        ring = CHEVRON if way > 0 else (CHEVRON * [-1, 1])[::-1]
        a, b = sorted((y, y + 0.003 * out))
        m.add("white", prism(ring + (u, 0.853), a, b, "xz"))


def motor_box(m: Model, x: float, y: float) -> None:
    """A drive under the rollers with its terminal box towards the front."""
    m.add("anthracite", rbox((x - 0.16, y - 0.12, 0.62), (x + 0.16, y + 0.12, 0.78), 0.02, "xz", 0.006), hull="drive")
    m.add("light_grey", box((x - 0.05, y - 0.16, 0.65), (x + 0.05, y - 0.12, 0.75), 0.006), hull="terminals")
    m.add("red", cylinder((x + 0.02, y - 0.17, 0.72), (x + 0.02, y - 0.155, 0.72), 0.013, 12))
    m.add("green", cylinder((x - 0.02, y - 0.17, 0.72), (x - 0.02, y - 0.155, 0.72), 0.010, 12))


def roller() -> Model:
    """A driven roller conveyor of 2 m: in at the left, out at the right."""
    m = Model("conveyor_roller")
    lane(m, -LENGTH / 2, LENGTH / 2, 0.0)
    for x in (-0.80, 0.80):
        legs(m, x, 0.0, 0.20)
    motor_box(m, 0.0, 0.0)
    for s in (-1, 1):
        chevrons(m, -0.5, s * FRAME, 1, s)
        chevrons(m, 0.5, s * FRAME, 1, s)
    return m


def _arc(centre: Array, r0: float, r1: float, a0: float, a1: float, n: int) -> Array:
    """Ring (2 n, 2) of a stretch between two radii, angles in degrees, counter-clockwise."""
    t = np.radians(np.linspace(a0, a1, n))
    unit = np.column_stack([np.cos(t), np.sin(t)])
    return np.vstack([centre + r1 * unit, (centre + r0 * unit)[::-1]])


def corner() -> Model:
    """A quarter turn of tapered rollers: in at the left, out at the front."""
    m = Model("conveyor_corner")
    half = (CORNER_RADIUS + FRAME) / 2
    centre = np.array([-half, -half])
    z = BELT_TOP - ROLLER
    for k in range(12):
        angle = 90 * (k + 0.5) / 12
        d = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        p, q = centre + (CORNER_RADIUS - LANE) * d, centre + (CORNER_RADIUS + LANE) * d
        m.add("steel", cylinder((*p, z), (*q, z), ROLLER, 12, 0))
        end = centre + (CORNER_RADIUS + FRAME) * d
        m.add("dark_steel", cylinder((*(end - 0.003 * d), z), (*(end + 0.003 * d), z), 0.009, 6, 0))
    for r0, r1 in ((CORNER_RADIUS - FRAME, CORNER_RADIUS - LANE - 0.004),
                   (CORNER_RADIUS + LANE + 0.004, CORNER_RADIUS + FRAME)):  # fmt: skip
        m.add("blue", prism(_arc(centre, r0, r1, 0, 90, 19), 0.78, BELT_TOP + 0.005, "xy"))
    band = _arc(centre, CORNER_RADIUS + FRAME + 0.0005, CORNER_RADIUS + FRAME + 0.0025, 6, 84, 17)
    m.add("white", prism(band, 0.80, 0.815, "xy"))
    for k in range(6):  # slices: an arc is not convex
        ring = _arc(centre, CORNER_RADIUS - FRAME, CORNER_RADIUS + FRAME, 15 * k, 15 * k + 15, 4)
        m.hull("arc", np.array([[u, v, w] for u, v in ring for w in (0.78, BELT_TOP + 0.005)]))
    for angle in (8, 82):
        for r in (CORNER_RADIUS - 0.20, CORNER_RADIUS + 0.20):
            u, v = centre + r * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
            m.add("mid_grey", box((u - 0.025, v - 0.025, 0.05), (u + 0.025, v + 0.025, 0.78), 0.003), hull="leg")
            foot(m, float(u), float(v), 0.05, 0.04)
    ring = _arc(centre, CORNER_RADIUS - 0.12, CORNER_RADIUS + 0.12, 30, 60, 5)
    m.add("anthracite", prism(rounded(ring[[0, 4, 5, 9]], 0.02), 0.66, 0.78, "xy", 0.005), hull="drive")
    for angle in (25, 45, 65):  # on the outer frame
        sign = prism(CHEVRON + (0.0, 0.853), 0.0, 0.003, "xz")
        m.add("white", shift(turn(shift(sign, y=CORNER_RADIUS + FRAME), angle - 90, (0, 0, 1)), *centre))
    return m


def merge() -> Model:
    """Two lanes become one: in at the left and at the back, out at the right; belts lift between the rollers."""
    m = Model("conveyor_merge")
    half_x, half_y = MERGE
    y = FRAME - half_y  # the main lane's line
    lane(m, -half_x, half_x, y)
    side = Model("side")
    lane(side, -half_y, half_y - 2 * FRAME, 0.0, "teal")
    turned = side.turned(-90)  # its left end points to the back
    for colour, meshes in turned.visuals.items():
        m.add(colour, *meshes)
    for name, hull in turned.hulls:
        m.hull(name.rsplit("_", 1)[0], hull.vertices)
    for x in (-0.72, 0.72):
        legs(m, x, y, 0.20)
    for x in (-0.20, 0.20):
        m.add("mid_grey", box((x - 0.02, half_y - 0.12, 0.05), (x + 0.02, half_y - 0.06, 0.78), 0.003), hull="leg")
        foot(m, x, half_y - 0.09, 0.05, 0.04)
    for x in (-0.15, -0.05, 0.05, 0.15):  # transfer belts between the rollers
        m.add("belt", rbox((x - 0.012, y - 0.19, 0.84), (x + 0.012, y + 0.19, BELT_TOP - 0.004), 0.02, "yz", 0.002))
    m.add("anthracite", rbox((-0.22, y - 0.17, 0.64), (0.22, y + 0.17, 0.78), 0.02, "xz", 0.006), hull="lift")
    motor_box(m, -0.48, y)
    for s, v in ((-1, y - FRAME), (1, y + FRAME)):
        chevrons(m, -0.62, v, 1, s)
        chevrons(m, 0.52, v, 1, s)
    m.add("yellow", prism(rect(-0.25, 0.785, 0.25, 0.835), y - FRAME - 0.003, y - FRAME, "xz"))
    return m
