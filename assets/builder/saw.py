"""band_saw: an automatic pivot band saw; bars come from the back, blanks lie on a roller tray at the front (m)."""

import numpy as np

from .details import fan, foot, louvres, motor, pendant, tower
from .model import Model
from .shapes import box, circle, cylinder, pipe, prism, rbox, rect, revolve, rounded, slot
from .stations import BELT_TOP

HALF = (0.95, 0.70)  # half width and half depth of the footprint
CUT = (-0.10, 0.02)  # x of the vice's middle, y of the blade
WHEELS = (-0.68, 0.52)  # x of the two band wheels
WHEEL_Z, WHEEL_R = 1.14, 0.205  # m: so that the blade runs level 35 mm above the vice's bed when down
PIVOT = (0.80, CUT[1], 0.90)
RAISED = 24.0  # degrees
AT = (CUT[0], -0.47, BELT_TOP + 0.05)


def build() -> Model:
    """The saw; its bow is a link of its own."""
    m = Model("band_saw")
    _base(m)
    _vice(m)
    _bow(m)
    pendant(m, 0.62, 0.93, 1.02, 1.50, -0.64, 0.08)
    m.add("anthracite", box((0.74, -0.57, 0.80), (0.82, -0.50, 1.40), 0.006), hull="arm")
    tower(m, 0.84, 0.60, 1.25, 0.26)
    return m


def _base(m: Model) -> None:
    for x in (-0.72, 0.80):
        for y in (-0.22, 0.56):
            foot(m, x, y, 0.10)
    m.add("anthracite", rbox((-0.86, -0.26, 0.08), (0.93, 0.64, 0.66), 0.02, "xy", 0.01), hull="base")
    m.add("green", box((-0.862, -0.262, 0.60), (0.932, 0.642, 0.64), 0.002), hull="stripe")
    m.add("light_grey", rbox((-0.80, -0.275, 0.16), (-0.30, -0.255, 0.54), 0.02, "xz", 0.004), hull="drawer")
    m.add("black", rbox((-0.62, -0.295, 0.46), (-0.48, -0.27, 0.49), 0.008, "xz", 0.003))
    louvres(m, "xz", 0.30, 0.18, 0.62, 0.44, -0.26, -1, 7, "mid_grey")
    fan(m, "xz", 0.75, 0.30, -0.26, -1, 0.08)
    m.add("light_grey", rbox((0.62, 0.34, 0.66), (0.93, 0.66, 1.25), 0.015, "xy", 0.008), hull="cabinet")
    m.add("yellow", prism([(0.70, 1.0), (0.84, 1.0), (0.77, 1.12)], 0.334, 0.340, "xz"))
    # swarf conveyor's spout at the left
    m.add("mid_grey", prism(rounded([(-0.93, 0.20), (-0.86, 0.12), (-0.86, 0.45), (-0.93, 0.50)], 0.01, 2), 0.10, 0.34,
                            "xz", 0.004), hull="swarf")  # fmt: skip


def _vice(m: Model) -> None:
    x, y = CUT
    bed = 0.88
    for y0, y1 in ((y + 0.02, y + 0.60), (-0.30, y - 0.02)):
        m.add("dark_steel", box((x - 0.36, y0, 0.66), (x + 0.36, y1, bed), 0.008), hull="bed")
    for s, x0 in ((-1, x - 0.34), (1, x + 0.10)):  # fixed jaw left, moving jaw right with its cylinder
        m.add("mid_grey", box((x0, y + 0.05, bed), (x0 + 0.24, y + 0.24, bed + 0.16), 0.008), hull="jaw")
        face = x0 + (0.24 if s < 0 else 0.0)
        m.add("steel", box((min(face, face - 0.014 * s) - 0.0, y + 0.048, bed + 0.01),
                           (max(face, face - 0.014 * s), y + 0.242, bed + 0.15), 0.002))  # fmt: skip
    m.add("steel", cylinder((x + 0.34, y + 0.145, bed + 0.08), (x + 0.50, y + 0.145, bed + 0.08), 0.045, 20),
          hull="vice_cylinder")  # fmt: skip
    # bar of 110 mm on the feed rollers, its end under the blade
    m.add("steel", cylinder((x - 0.03, y + 0.01, BELT_TOP + 0.055), (x - 0.03, HALF[1] - 0.02, BELT_TOP + 0.055), 0.055,
                            28, 0.002), hull="bar")  # fmt: skip
    m.add("copper", cylinder((x - 0.03, y + 0.0095, BELT_TOP + 0.055), (x - 0.03, y + 0.011, BELT_TOP + 0.055), 0.052,
                             24, 0))  # fmt: skip
    for k in range(3):
        v = y + 0.34 + 0.14 * k
        m.add("steel", cylinder((x - 0.20, v, BELT_TOP - 0.025), (x + 0.16, v, BELT_TOP - 0.025), 0.025, 14),
              hull="roller")  # fmt: skip
    # front tray: rollers between cheeks on a leg
    for k in range(6):
        v = -0.64 + 0.068 * k
        m.add("steel", cylinder((x - 0.20, v, BELT_TOP - 0.022), (x + 0.20, v, BELT_TOP - 0.022), 0.022, 14))
    m.solid("tray", (x - 0.20, -0.665, BELT_TOP - 0.05), (x + 0.20, -0.28, BELT_TOP))
    for s in (-1, 1):
        a, b = sorted((x + s * 0.202, x + s * 0.225))
        m.add("green", box((a, -0.68, BELT_TOP - 0.09), (b, -0.26, BELT_TOP + 0.012), 0.004), hull="cheek")
        u = x + s * 0.19
        m.add("anthracite", box((u - 0.02, -0.62, 0.05), (u + 0.02, -0.58, BELT_TOP - 0.08), 0.003), hull="leg")
        foot(m, u, -0.60, 0.05, 0.04)
    m.add("green", box((x - 0.21, -0.684, BELT_TOP - 0.06), (x + 0.21, -0.668, BELT_TOP + 0.012), 0.004), hull="stop")
    # pivot brackets and the lift cylinder's foot
    for s in (-1, 1):
        v = y + s * 0.15
        ring = slot((PIVOT[0], PIVOT[2]), (PIVOT[0], 0.70), 0.07, 0.10)
        m.add("anthracite", prism(ring, v - 0.025, v + 0.025, "xz", 0.006), hull="bracket")
        m.add("steel", cylinder((PIVOT[0], v - 0.03, PIVOT[2]), (PIVOT[0], v + 0.03, PIVOT[2]), 0.03, 18))


def _bow(m: Model) -> None:
    """Frame with two wheels under covers, blade, blade guides, motor; drawn level, as it stands after a cut."""
    y = CUT[1]
    bow = m.axis(
        "bow", 140.0, direction=(0, 1, 0), travel=(0, 30), speed=12, acceleration=24, load=RAISED, work=0, at=PIVOT,
        turns=True,
    )  # fmt: skip
    x0, x1 = WHEELS
    for x in WHEELS:
        ring = circle(WHEEL_R + 0.035, (x, WHEEL_Z), 32)
        bow.add("green", prism(ring, y - 0.085, y - 0.015, "xz", 0.012))
        bow.add("green", prism(circle(WHEEL_R + 0.03, (x, WHEEL_Z), 32), y - 0.016, y + 0.075, "xz", 0.006))
        bow.add("anthracite", cylinder((x, y - 0.10, WHEEL_Z), (x, y - 0.08, WHEEL_Z), 0.06, 20))
        bow.add(
            "white",
            prism(circle(0.15, (x, WHEEL_Z), 28), y - 0.089, y - 0.083, "xz", 0, [circle(0.13, (x, WHEEL_Z), 28)]),
        )
        bow.hull("wheel", np.array([[u, v, w] for u, w in circle(WHEEL_R + 0.037, (x, WHEEL_Z), 14)
                                    for v in (y - 0.10, y + 0.08)]))  # fmt: skip
    top = WHEEL_Z + WHEEL_R + 0.03
    beam = [(x0, top - 0.13), (x1, top - 0.13), (x1, top), (x1 - 0.15, top + 0.05), (x0 + 0.15, top + 0.05), (x0, top)]
    bow.add("green", prism(rounded(beam, 0.03, 4), y - 0.07, y + 0.075, "xz", 0.01), hull="beam")
    bow.add(
        "white",
        prism(rounded(rect(x0 + 0.28, top - 0.09, x1 - 0.28, top + 0.015), 0.02, 3), y - 0.074, y - 0.068, "xz"),
    )
    bow.add("green", prism(rect(x0 + 0.34, top - 0.06, x1 - 0.34, top - 0.02), y - 0.078, y - 0.072, "xz"))
    low = WHEEL_Z - WHEEL_R
    bow.add("steel", box((x0, y - 0.001, low - 0.012), (x1, y + 0.001, low + 0.030), 0), hull="blade")
    for x in (CUT[0] - 0.26, CUT[0] + 0.24):  # guide arms with carbide guides
        bow.add("dark_steel", box((x - 0.03, y - 0.035, low + 0.005), (x + 0.03, y + 0.04, low + 0.07), 0.005))
        bow.add("dark_steel", box((x - 0.025, y - 0.02, low + 0.06), (x + 0.025, y + 0.03, top - 0.10), 0.005))
        bow.solid("guide", (x - 0.03, y - 0.035, low + 0.005), (x + 0.03, y + 0.04, top - 0.10))
    bow.add("orange", pipe([(CUT[0] - 0.26, y - 0.04, top - 0.14), (CUT[0] - 0.26, y - 0.055, low + 0.12),
                            (CUT[0] - 0.23, y - 0.045, low + 0.05)], 0.008, 0.03, 8))  # fmt: skip
    motor(bow, (x1 + 0.02, y + 0.075, WHEEL_Z + 0.02), (0, 1, 0), 0.085, 0.25, "blue")
    bow.solid("motor", (x1 - 0.07, y + 0.07, WHEEL_Z - 0.07), (x1 + 0.11, y + 0.33, WHEEL_Z + 0.11))
    arm = [(x1, WHEEL_Z - 0.10), (PIVOT[0] - 0.03, PIVOT[2] - 0.04), (PIVOT[0] + 0.05, PIVOT[2] - 0.02),
           (PIVOT[0] + 0.04, PIVOT[2] + 0.06), (x1 + 0.15, WHEEL_Z + 0.20), (x1, WHEEL_Z + 0.20)]  # fmt: skip
    bow.add("green", prism(rounded(arm, 0.02, 3), y - 0.06, y + 0.06, "xz", 0.008), hull="arm")
    bow.add("steel", revolve([(0.03, 0), (0.03, 0.22)], (PIVOT[0], y - 0.11, PIVOT[2]), (0, 1, 0), 18), hull="pin")
