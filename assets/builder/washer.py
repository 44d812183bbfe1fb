"""part_washer: a compact spray-chamber washer with a rotating basket and a lifting door (m)."""

import numpy as np
import trimesh

from .details import foot, handle, louvres, motor, pendant, tower, window
from .model import Model
from .shapes import box, circle, cylinder, pipe, prism, rbox, rect, revolve, rounded, tube

X0, X1, FRONT, BACK = -0.36, 0.50, -0.50, 0.30  # cabinet; pumps and pipes stand left of it and behind
TOP = 1.88
OPEN_X, OPEN_Z = (-0.29, 0.35), (0.80, 1.40)
AT = (0.03, -0.20, 1.08)
SEAT = 0.055


def build() -> Model:
    """The washer; the two leaves of its lift door are links of their own."""
    m = Model("part_washer")
    _cabinet(m)
    _door(m)
    _chamber(m)
    _plumbing(m)
    pendant(m, 0.385, 0.495, 1.50, 1.82, -0.54, 0.045)
    tower(m, 0.42, 0.0, TOP, 0.26)
    return m


def _cabinet(m: Model) -> None:
    for x in (X0 + 0.06, X1 - 0.06):
        for y in (FRONT + 0.07, BACK - 0.07):
            foot(m, x, y, 0.12)
    # tank in the lower half: level gauge, drain, filter lid
    m.add("steel", box((X0, FRONT, 0.10), (X1, BACK, 0.70), 0.012), hull="tank")
    m.add("anthracite", box((X0 + 0.01, FRONT + 0.01, 0.695), (X1 - 0.01, BACK - 0.01, 0.715), 0))
    m.add("light_grey", rbox((-0.10, FRONT - 0.014, 0.20), (0.42, FRONT + 0.01, 0.62), 0.02, "xz", 0.005))
    handle(m, (0.09, FRONT - 0.012, 0.55), (0.23, FRONT - 0.012, 0.55), (0, -0.025, 0))
    m.solid("lid", (-0.10, FRONT - 0.03, 0.20), (0.42, FRONT, 0.62))
    m.add("light_blue", cylinder((-0.25, FRONT - 0.018, 0.24), (-0.25, FRONT - 0.018, 0.60), 0.012, 12))
    for z in (0.23, 0.60):
        m.add("dark_steel", box((-0.272, FRONT - 0.03, z - 0.015), (-0.228, FRONT + 0.004, z + 0.015), 0.003))
    m.add("dark_steel", cylinder((0.16, FRONT - 0.02, 0.145), (0.16, FRONT, 0.145), 0.024, 16))
    m.add("red", box((0.10, FRONT - 0.027, 0.140), (0.22, FRONT - 0.017, 0.150), 0.002))
    # cabinet shell round the chamber
    y0, y1 = FRONT, FRONT + 0.05
    wide = rounded(rect(OPEN_X[0] - 0.01, OPEN_Z[0] - 0.01, OPEN_X[1] + 0.01, OPEN_Z[1] + 0.01), 0.07)
    opening = rounded(rect(OPEN_X[0], OPEN_Z[0], OPEN_X[1], OPEN_Z[1]), 0.06)
    m.add("steel", prism(rounded(rect(X0, 0.71, X1, TOP), 0.012, 2), y0, y1, "xz", 0.006, [wide]))
    ring = rounded(rect(OPEN_X[0] - 0.03, OPEN_Z[0] - 0.03, OPEN_X[1] + 0.03, OPEN_Z[1] + 0.03), 0.08)
    m.add("black", prism(ring, y0 - 0.008, y1 + 0.01, "xz", 0.005, [opening]))
    m.solid("front_left", (X0, y0 - 0.01, 0.70), (OPEN_X[0] + 0.004, y1 + 0.01, TOP))
    m.solid("front_right", (OPEN_X[1] - 0.004, y0 - 0.01, 0.70), (X1, y1 + 0.01, TOP))
    m.solid("front_top", (OPEN_X[0], y0 - 0.01, OPEN_Z[1] - 0.004), (OPEN_X[1], y1 + 0.01, TOP))
    m.solid("front_sill", (OPEN_X[0], y0 - 0.01, 0.70), (OPEN_X[1], y1 + 0.01, OPEN_Z[0] + 0.004))
    m.add("steel", box((X0, FRONT + 0.045, 0.71), (X0 + 0.03, BACK, TOP), 0.006), hull="wall")
    m.add("blue", box((X1 - 0.03, FRONT + 0.045, 0.71), (X1, BACK, TOP), 0.006), hull="wall")
    m.add("steel", box((X0 + 0.02, FRONT + 0.045, TOP - 0.03), (X1 - 0.02, BACK, TOP), 0.006), hull="roof")
    m.add("steel", box((X0 + 0.02, BACK - 0.03, 0.71), (X1 - 0.02, BACK, TOP), 0.006), hull="wall")
    louvres(m, "yz", -0.30, 1.45, 0.18, 1.74, X1, 1, 7, "white")
    m.add("white", prism(rounded(rect(-0.34, 0.80, 0.22, 1.36), 0.03), X1 - 0.002, X1 + 0.005, "yz", 0.002))
    m.add("light_blue", *_drops())


def _drops() -> list[trimesh.Trimesh]:
    """Three water drops on the side, so that one sees from afar what the machine does."""
    out = []
    for u, v, s in ((-0.06, 1.02, 1.0), (-0.19, 0.98, 0.6), (0.08, 0.97, 0.6)):
        angle = np.linspace(np.radians(-215), np.radians(35), 17)
        ring = np.vstack([np.column_stack([np.cos(angle), np.sin(angle)]) * 0.09, [[0.0, 0.21]]]) * s + (u, v)
        out.append(prism(ring, X1, X1 + 0.01, "yz", 0.002))
    return out


def _door(m: Model) -> None:
    """Two leaves that rise behind one another: the lower one twice as far, in the same time."""
    for x in (-0.345, 0.365):
        m.add("dark_steel", box((x - 0.008, FRONT - 0.03, 0.76), (x + 0.008, FRONT, TOP - 0.005), 0.002), hull="rail")
    half = (OPEN_Z[1] - OPEN_Z[0]) / 2 + 0.025  # each leaf's height: the two overlap, and both overlap the opening
    for name, z0, y, rise in (
        ("lower_leaf", OPEN_Z[0] - 0.015, FRONT - 0.036, TOP - 0.01 - half - (OPEN_Z[0] - 0.015)),
        ("upper_leaf", OPEN_Z[1] + 0.015 - half, FRONT - 0.008, TOP - 0.01 - half - (OPEN_Z[1] + 0.015 - half)),
    ):
        speed = 0.5 * rise / 0.76
        leaf = m.axis(
            name,
            9.0,
            direction=(0, 0, 1),
            travel=(0, round(rise, 4)),
            speed=round(speed, 3),
            acceleration=round(3 * speed, 3),
            load=round(rise, 4),
            work=0,
        )
        sash = rounded(rect(-0.325, z0, 0.353, z0 + half), 0.02)
        pane = rounded(rect(-0.20, z0 + 0.07, 0.24, z0 + half - 0.06), 0.04)
        leaf.add("blue", prism(sash, y - 0.026, y, "xz", 0.004, [pane]))
        window(leaf, "xz", -0.21, z0 + 0.06, 0.25, z0 + half - 0.05, y - 0.020, -1, 0.045)
        leaf.solid("leaf", (-0.325, y - 0.026, z0), (0.353, y - 0.004, z0 + half))


def _chamber(m: Model) -> None:
    """Round liner, basket disc with a nest for the part, spray frame with nozzles."""
    cx, cz, back = AT[0], 1.10, 0.08
    m.add("light_grey", tube((cx, FRONT + 0.06, cz), (cx, back, cz), 0.375, 0.362, 40, 0))
    m.add("light_grey", cylinder((cx, back - 0.002, cz), (cx, back + 0.02, cz), 0.375, 40, 0))
    m.solid("chamber_left", (X0, FRONT, 0.71), (cx - 0.335, BACK, 1.55))
    m.solid("chamber_right", (cx + 0.335, FRONT, 0.71), (X1, BACK, 1.55))
    m.solid("chamber_floor", (X0, FRONT, 0.70), (X1, BACK, 0.765))
    m.solid("chamber_top", (X0, FRONT, 1.44), (X1, BACK, TOP))
    for sx in (-1, 1):  # the round liner cuts the chamber's corners
        for z0, sz in ((0.765, 1), (1.44, -1)):
            corner = [(0.335, z0), (0.335, z0 + 0.15 * sz), (0.185, z0)]
            m.hull("chamber_corner", [[cx + sx * u, y, z] for u, z in corner for y in (FRONT + 0.06, back)])
    m.solid("chamber_back", (X0, back - 0.01, 0.70), (X1, BACK, TOP))
    face = AT[1] + SEAT
    # rotating basket: two rings joined by bars, and the nest plate whose face carries the part
    for y in (face + 0.012, back - 0.05):
        m.add("steel", tube((cx, y, cz), (cx, y + 0.014, cz), 0.30, 0.27, 32, 0.002))
    for k in range(12):
        a = np.radians(30 * k + 15)
        x, z = cx + 0.285 * np.cos(a), cz + 0.285 * np.sin(a)
        m.add("steel", cylinder((x, face + 0.01, z), (x, back, z), 0.007, 8, 0))
    ring = circle(0.30, (cx, cz), 16)
    m.hull("basket", np.array([[u, y, v] for u, v in ring for y in (face + 0.01, back)]))
    holes = [circle(0.022, (cx + u, AT[2] + v), 8) for u in (-0.06, 0.0, 0.06) for v in (-0.06, 0.0, 0.06)]
    nest = rounded(rect(cx - 0.15, AT[2] - 0.13, cx + 0.15, AT[2] + 0.13), 0.02)
    m.add("dark_steel", prism(nest, face, face + 0.012, "xz", 0.0, holes))
    m.solid("nest", (cx - 0.15, face, AT[2] - 0.13), (cx + 0.15, face + 0.02, AT[2] + 0.13))
    m.add("steel", box((cx - 0.28, face + 0.012, cz - 0.015), (cx + 0.28, face + 0.03, cz + 0.015), 0.002))
    for x in (-0.12, 0.12):
        for z in (-0.095, 0.095):
            m.add("blue", cylinder((cx + x, face - 0.03, AT[2] + z), (cx + x, face, AT[2] + z), 0.010, 12))
    m.add("dark_steel", cylinder((cx, face + 0.012, cz), (cx, back, cz), 0.05, 20))
    for a0 in (50, 130, 230, 310):
        a = np.radians(a0)
        x, z = cx + 0.335 * np.cos(a), cz + 0.335 * np.sin(a)
        m.add("copper", cylinder((x, FRONT + 0.08, z), (x, back, z), 0.010, 10, 0))
        m.solid("spray", (x - 0.02, FRONT + 0.08, z - 0.02), (x + 0.02, back, z + 0.02))
        for y in (-0.34, -0.20, -0.06):
            inner = (cx + 0.305 * np.cos(a), y, cz + 0.305 * np.sin(a))
            m.add("copper", cylinder((x, y, z), inner, 0.008, 6, 0))


def _plumbing(m: Model) -> None:
    """Pump on the left, heater and filter behind, vapour stack on the roof."""
    m.add("anthracite", box((-0.50, -0.34, 0.06), (X0, 0.28, 0.10), 0.004), hull="skid")
    motor(m, (-0.43, -0.20, 0.32), (0, 0, 1), 0.065, 0.28, "blue")
    m.add(
        "steel",
        revolve([(0.05, 0.10), (0.075, 0.13), (0.075, 0.24), (0.05, 0.30), (0.05, 0.33)], (-0.43, -0.20, 0), n=24),
    )
    m.solid("pump", (-0.5, -0.275, 0.10), (X0, -0.125, 0.61))
    m.add("steel", pipe([(X0 + 0.01, -0.20, 0.18), (-0.43, -0.20, 0.18)], 0.028, 0.03, 12))
    riser = [(-0.43, -0.13, 0.20), (-0.43, 0.02, 0.20), (-0.43, 0.02, 1.30), (X0 + 0.01, 0.02, 1.30)]
    m.add("steel", pipe(riser, 0.026, 0.07, 12))
    m.solid("riser", (-0.46, -0.125, 0.165), (X0, 0.055, 1.335))
    for z in (0.62, 1.12):
        m.add("dark_steel", cylinder((-0.43, 0.02, z), (-0.43, 0.02, z + 0.03), 0.042, 16))
    m.add("red", tube((-0.43, -0.045, 0.86), (-0.43, -0.035, 0.86), 0.05, 0.038, 20, 0))
    m.add("dark_steel", cylinder((-0.43, -0.05, 0.86), (-0.43, 0.02, 0.86), 0.012, 10))
    m.add(
        "steel",
        revolve(
            [(0.04, 0.10), (0.055, 0.13), (0.055, 0.46), (0.065, 0.47), (0.065, 0.51), (0.03, 0.54)],
            (-0.43, 0.18, 0),
            n=24,
        ),
    )
    m.solid("filter", (-0.496, 0.114, 0.10), (X0, 0.246, 0.54))
    m.add("steel", pipe([(-0.43, 0.06, 0.40), (-0.43, 0.13, 0.40)], 0.02, 0.02, 10))
    # back: switch cabinet and heater
    m.add("light_grey", rbox((-0.30, BACK, 0.80), (0.44, 0.545, 1.78), 0.02, "xy", 0.008), hull="switchgear")
    m.add("white", rbox((-0.27, 0.54, 0.84), (0.41, 0.55, 1.74), 0.015, "xz", 0.003))
    m.add("black", rbox((-0.24, 0.546, 1.22), (-0.215, 0.562, 1.36), 0.008, "xz", 0.003))
    louvres(m, "xz", -0.05, 0.92, 0.3, 1.12, 0.55, 1, 6)
    m.add("yellow", prism([(0.0, 1.45), (0.14, 1.45), (0.07, 1.57)], 0.548, 0.554, "xz"))
    m.add("steel", box((-0.30, BACK - 0.005, 0.18), (0.44, 0.50, 0.62), 0.01), hull="heater")
    for x in (-0.12, 0.26):
        m.add("dark_steel", cylinder((x, 0.49, 0.40), (x, 0.545, 0.40), 0.06, 20), hull="heater_flange")
    m.add("steel", cylinder((-0.12, 0.06, TOP - 0.01), (-0.12, 0.06, TOP + 0.14), 0.075, 24), hull="stack")
    m.add("blue", revolve([(0.11, 0.10), (0.11, 0.16), (0.06, 0.20)], (-0.12, 0.06, TOP), n=24), hull="stack")
