"""amr: an autonomous mobile robot with a roller deck level with the library's belts; it drives towards +x (m)."""

import numpy as np

from .model import Model
from .shapes import box, circle, cylinder, loft, prism, rbox, rect, rounded, section
from .stations import BELT_TOP

HALF = (0.40, 0.29)  # half length and half width
BODY = 0.30  # m: height of the vehicle without its deck
GROUND = 0.03


def build() -> Model:
    """The vehicle with its deck."""
    m = Model("amr")
    a, b = HALF
    rings = [
        section("xy", GROUND, 0, 0, a - 0.012, b - 0.012, 0.09, 6),
        section("xy", GROUND + 0.02, 0, 0, a, b, 0.10, 6),
        section("xy", 0.165, 0, 0, a, b, 0.10, 6),
        section("xy", 0.17, 0, 0, a - 0.012, b - 0.012, 0.09, 6),
    ]
    m.add("white", loft(rings))
    m.add("anthracite", loft([section("xy", z, 0, 0, a - 0.035, b - 0.035, 0.08, 6) for z in (0.168, 0.206)]))
    upper = [
        section("xy", 0.204, 0, 0, a - 0.010, b - 0.010, 0.09, 6),
        section("xy", 0.212, 0, 0, a, b, 0.10, 6),
        section("xy", 0.280, 0, 0, a, b, 0.10, 6),
        section("xy", BODY, 0, 0, a - 0.02, b - 0.02, 0.09, 6),
    ]
    m.add("white", loft(upper))
    m.add("light_blue", loft([section("xy", z, 0, 0, a + 0.0015, b + 0.0015, 0.10, 6) for z in (0.232, 0.244)]))
    ring = rounded(rect(-a, -b, a, b), 0.10, 3)
    m.hull("body", np.array([[u, v, z] for u, v in ring for z in (GROUND - 0.005, BODY)]))
    for s in (-1, 1):  # scanners in opposite corners, wheels
        x, y = s * (a - 0.075), s * (b - 0.075)
        m.add("yellow", cylinder((x, y, 0.166), (x, y, 0.208), 0.048, 24, 0.004))
        m.add("black", cylinder((x, y, 0.176), (x, y, 0.198), 0.050, 24, 0.001))
        m.add("black", cylinder((0.0, s * 0.22, 0.085), (0.0, s * 0.262, 0.085), 0.085, 24, 0.006))
        for x in (-0.30, 0.30):
            m.add("black", cylinder((x, s * 0.19 - 0.014, 0.04), (x, s * 0.19 + 0.014, 0.04), 0.04, 16, 0.003))
    m.solid("wheels", (-0.34, -0.262, 0.0), (0.34, 0.262, 0.06))
    # front: camera window, back: connector, emergency stops
    m.add("black", rbox((a - 0.006, -0.12, 0.085), (a + 0.003, 0.12, 0.135), 0.015, "yz", 0.001))
    for y in (-0.07, 0.07):
        m.add("screen", cylinder((a + 0.002, y, 0.11), (a + 0.005, y, 0.11), 0.014, 14, 0))
    for s in (-1, 1):
        m.add("red", cylinder((-0.30, s * (b - 0.055), BODY), (-0.30, s * (b - 0.055), BODY + 0.018), 0.018, 14))
    _deck(m)
    return m


def _deck(m: Model) -> None:
    """Roller deck on a column: across the way it drives, rollers turn so that parts leave over the nose."""
    m.add("anthracite", rbox((-0.28, -0.20, BODY - 0.004), (0.28, 0.20, BODY + 0.03), 0.03, "xy", 0.006), hull="plate")
    m.add("light_grey", rbox((-0.22, -0.16, BODY + 0.03), (0.22, 0.16, 0.76), 0.03, "xy", 0.008), hull="column")
    m.add("blue", prism(rounded(rect(-0.16, 0.42, 0.16, 0.50), 0.01, 2), -0.164, -0.158, "xz"))
    m.add("blue", prism(rounded(rect(-0.16, 0.42, 0.16, 0.50), 0.01, 2), 0.158, 0.164, "xz"))
    m.add("mid_grey", rbox((-0.36, -0.25, 0.76), (0.36, 0.25, 0.80), 0.02, "xy", 0.006))
    z = BELT_TOP - 0.022
    for k in range(9):
        x = -0.32 + 0.08 * k
        m.add("steel", cylinder((x, -0.215, z), (x, 0.215, z), 0.022, 14, 0))
    for s in (-1, 1):
        y0, y1 = sorted((s * 0.22, s * 0.26))
        m.add("blue", box((-0.37, y0, 0.79), (0.37, y1, BELT_TOP + 0.03), 0.006))
    m.solid("deck", (-0.37, -0.26, 0.76), (0.37, 0.26, BELT_TOP))
    for s in (-1, 1):
        y0, y1 = sorted((s * 0.22, s * 0.26))
        m.solid("guide", (-0.37, y0, BELT_TOP - 0.01), (0.37, y1, BELT_TOP + 0.03))
    m.add("black", box((-0.372, -0.10, 0.775), (-0.355, 0.10, 0.86), 0.004))
    ring = [circle(0.045, (0.0, 0.60), 24)]
    for y0, y1 in ((-0.165, -0.159), (0.159, 0.165)):
        m.add("white", prism(circle(0.055, (0.0, 0.60), 24), y0, y1, "xz", 0, ring))
