"""pallet_euro, pallet_station, pallet_rack, guard_fence: what is carried on, stored in and kept out by (m)."""

from .details import foot
from .model import Model
from .shapes import box, cylinder, prism, rbox, rect, rounded
from .stations import BELT_TOP

PALLET = (1.2, 0.8, 0.144)  # EN 13698-1
CARTON = (0.300, 0.200, 0.150)
STATION = (0.72, 0.60)  # half width and half depth of the pallet station
BASE = 0.030  # m: plate under the pallet
LAYERS = 3
STACK_AT = (0.0, -0.20, BASE + PALLET[2] + (LAYERS + 1) * CARTON[2])
"""Where a carton held at its top comes to stand as the first of the fourth layer."""
RACK = (1.47, 0.60)  # half width and half depth: a bay for three pallets side by side, 2.7 m clear
RACK_LEVELS = (BELT_TOP, 2.40)  # m: tops of the beams
FENCE = (1.0, 0.03, 2.0)  # half length, half depth, height


def pallet(m: Model, x: float, y: float, z: float, hull: bool = True, along_y: bool = False) -> None:
    """A EUR pallet about (x, y), standing at z: five top boards, three cross boards, nine blocks, three runners."""

    def plank(u0: float, v0: float, w0: float, u1: float, v1: float, w1: float, bevel: float = 0.0) -> None:
        lo, hi = ((v0, u0), (v1, u1)) if along_y else ((u0, v0), (u1, v1))
        m.add("wood", box((x + lo[0], y + lo[1], z + w0), (x + hi[0], y + hi[1], z + w1), bevel))

    for v, wide in ((-0.3275, 0.145), (-0.185, 0.1), (0.0, 0.145), (0.185, 0.1), (0.3275, 0.145)):
        plank(-0.6, v - wide / 2, 0.122, 0.6, v + wide / 2, 0.144, 0.002)
    for u, wide in ((-0.5275, 0.145), (0.0, 0.145), (0.5275, 0.145)):
        plank(u - wide / 2, -0.4, 0.1, u + wide / 2, 0.4, 0.122)
    for v, wide in ((-0.35, 0.1), (0.0, 0.145), (0.35, 0.1)):
        for u in (-0.5275, 0.0, 0.5275):
            plank(u - 0.0725, v - wide / 2, 0.022, u + 0.0725, v + wide / 2, 0.1)
        plank(-0.6, v - wide / 2, 0.0, 0.6, v + wide / 2, 0.022, 0.002)
    if hull:
        a, b = (0.4, 0.6) if along_y else (0.6, 0.4)
        m.solid("pallet", (x - a, y - b, z), (x + a, y + b, z + PALLET[2]))


def carton(m: Model, x: float, y: float, z: float, along_y: bool = False) -> None:
    """A closed carton of 300 x 200 x 150 mm with tape along its lid and a label, standing at z; no hull."""
    a, b = (CARTON[1] / 2, CARTON[0] / 2) if along_y else (CARTON[0] / 2, CARTON[1] / 2)
    m.add("cardboard", box((x - a, y - b, z), (x + a, y + b, z + CARTON[2] - 0.0005), 0.003))
    top = z + CARTON[2]
    t0, t1 = ((x - 0.024, y - b), (x + 0.024, y + b)) if along_y else ((x - a, y - 0.024), (x + a, y + 0.024))
    m.add("tape", box((*t0, top - 0.002), (*t1, top), 0))
    m.add("white", box((x - a + 0.02, y - b - 0.0008, z + 0.06), (x - a + 0.08, y - b + 0.001, z + 0.11), 0))


def pallet_part() -> Model:
    """The pallet as a part of its own."""
    m = Model("pallet_euro")
    pallet(m, 0.0, 0.0, 0.0, hull=False)
    m.solid("deck", (-0.6, -0.4, 0.1), (0.6, 0.4, 0.144))
    for v, wide in ((-0.35, 0.1), (0.0, 0.145), (0.35, 0.1)):  # between the runners forks drive in
        m.solid("runner", (-0.6, v - wide / 2, 0.0), (0.6, v + wide / 2, 0.1))
    return m


def station() -> Model:
    """A pallet between centring guides, three layers of cartons on it."""
    m = Model("pallet_station")
    m.add("anthracite", box((-0.66, -0.50, 0.0), (0.66, 0.50, BASE), 0.006), hull="base")
    for s in (-1, 1):
        a, b = sorted((s * 0.625, s * 0.66))
        m.add("yellow", box((a, -0.42, BASE - 0.002), (b, 0.42, 0.12), 0.005), hull="guide")
        a, b = sorted((s * 0.60, s * 0.66))
        m.add("yellow", rbox((a, -0.50, BASE - 0.002), (b, -0.42, 0.07), 0.02, "xy", 0.005), hull="guide")
    m.add("yellow", box((-0.66, 0.42, BASE - 0.002), (0.66, 0.455, 0.16), 0.005), hull="guide")
    pallet(m, 0.0, 0.0, BASE)
    for layer in range(LAYERS):
        z = BASE + PALLET[2] + layer * CARTON[2]
        turned = layer % 2 == 1
        wide, deep = (CARTON[1], CARTON[0]) if turned else (CARTON[0], CARTON[1])
        rows = 2 if turned else 4
        for i in range(round(1.2 / wide)):
            for j in range(rows):
                carton(m, -0.6 + wide * (i + 0.5), (j - (rows - 1) / 2) * deep, z, turned)
    half_y = 0.4
    top = BASE + PALLET[2] + LAYERS * CARTON[2]
    m.solid("stack", (-0.6, -half_y, BASE + PALLET[2]), (0.6, half_y, top))
    # light barriers on posts at the back corners, switch box
    for s in (-1, 1):
        x = s * 0.69
        m.add("yellow", box((x - 0.028, 0.53, 0.0), (x + 0.028, 0.586, 1.10), 0.004), hull="post")
        m.add("black", box((x - 0.016, 0.524, 0.30), (x + 0.016, 0.531, 1.06), 0))
        foot(m, x, 0.558, 0.02, 0.04)
    m.add("light_grey", rbox((0.60, 0.50, 0.80), (0.665, 0.59, 1.05), 0.01, "xz", 0.004), hull="box")
    m.add("red", cylinder((0.63, 0.488, 0.98), (0.63, 0.50, 0.98), 0.016, 14))
    m.add("green", cylinder((0.63, 0.492, 0.90), (0.63, 0.50, 0.90), 0.011, 12))
    return m


def rack() -> Model:
    """One bay of pallet racking: totes and cartons at hand-over height, pallets above."""
    m = Model("pallet_rack")
    half_x, half_y = RACK[0] - 0.02, RACK[1] - 0.05  # frames; guards and pallets stand out of them
    height = 3.2
    for s in (-1, 1):
        x = s * (half_x - 0.05)
        for y in (-half_y + 0.05, half_y - 0.05):
            m.add("blue", box((x - 0.05, y - 0.045, 0.0), (x + 0.05, y + 0.045, height), 0.006), hull="upright")
            m.add("steel", box((x - 0.05, y - 0.05, 0.0), (x + 0.05, y + 0.05, 0.008), 0))
            face = y - 0.0455
            for k in range(20):
                z = 0.25 + 0.15 * k
                if z < height - 0.05:
                    m.add("black", box((x - 0.012, face - 0.0006, z - 0.025), (x + 0.012, face, z + 0.025), 0))
        for k in range(5):  # bracing of the frame
            z0, z1 = 0.15 + 0.6 * k, 0.75 + 0.6 * k
            a, b = (half_y - 0.1, -half_y + 0.1) if k % 2 else (-half_y + 0.1, half_y - 0.1)
            m.add("blue", cylinder((x, a, z0), (x, b, min(z1, height - 0.1)), 0.014, 8, 0))
        m.solid("bracing", (x - 0.02, -half_y + 0.09, 0.12), (x + 0.02, half_y - 0.09, height - 0.05))
        m.add("yellow", box((x - 0.07, -half_y - 0.0, 0.0), (x + 0.07, -half_y + 0.02, 0.40), 0.004), hull="guard")
    inner = half_x - 0.10
    for level in RACK_LEVELS:
        for y in (-half_y + 0.05, half_y - 0.05):
            m.add("orange", box((-inner, y - 0.025, level - 0.12), (inner, y + 0.025, level), 0.004), hull="beam")
    for k in range(9):  # roller shelf at hand-over height
        x = -inner + 0.15 + k * (2 * inner - 0.3) / 8
        m.add("steel", box((x - 0.02, -half_y + 0.075, BELT_TOP - 0.03), (x + 0.02, half_y - 0.075, BELT_TOP), 0))
    m.solid("shelf", (-inner, -half_y + 0.02, BELT_TOP - 0.05), (inner, half_y - 0.02, BELT_TOP))
    for k, x in enumerate((-1.02, -0.66, 0.66, 1.02)):
        for y in (-0.18, 0.22):
            tote(m, x, y, BELT_TOP, "crate_blue" if (k + (y > 0)) % 3 else "mid_grey")
    m.solid("totes", (-1.21, -0.40, BELT_TOP), (-0.47, 0.44, BELT_TOP + 0.22))
    m.solid("totes", (0.47, -0.40, BELT_TOP), (1.21, 0.44, BELT_TOP + 0.22))
    for x in (-0.9, 0.0, 0.9):
        pallet(m, x, 0.0, RACK_LEVELS[1], along_y=True)
    z = RACK_LEVELS[1] + PALLET[2]
    for x in (-0.9, 0.9):
        for layer in range(2):
            for i in (-0.2, 0.0, 0.2) if x < 0 else (-0.3, -0.1, 0.1, 0.3):
                for j in (-0.45, -0.15, 0.15, 0.45):
                    if x < 0 or layer == 0:
                        carton(m, x + i, j * 0.95, z + layer * CARTON[2], along_y=True)
        top = z + (2 if x < 0 else 1) * CARTON[2]
        a = 0.30 if x < 0 else 0.40
        m.solid("cartons", (x - a, -0.58, z), (x + a, 0.58, top))
    m.add("white", box((-0.22, -half_y - 0.0, BELT_TOP - 0.10), (0.22, -half_y + 0.026, BELT_TOP - 0.02), 0.002))
    return m


def tote(m: Model, x: float, y: float, z: float, colour: str) -> None:
    """A 300 x 400 x 220 mm tote (ISO KLT class) about (x, y), standing at z; no hull."""
    outer = rounded(rect(x - 0.15, y - 0.20, x + 0.15, y + 0.20), 0.025, 3)
    waist = rounded(rect(x - 0.142, y - 0.192, x + 0.142, y + 0.192), 0.02, 3)
    inner = rounded(rect(x - 0.132, y - 0.182, x + 0.132, y + 0.182), 0.02, 3)
    m.add(colour, prism(waist, z, z + 0.17, "xy", 0.004))
    m.add(colour, prism(outer, z + 0.165, z + 0.215, "xy", 0.004, [inner]))
    m.add("white", box((x - 0.05, y - 0.1935, z + 0.06), (x + 0.05, y - 0.1915, z + 0.12), 0))


def fence() -> Model:
    """A panel of welded mesh, 2 m long and high, between two posts."""
    m = Model("guard_fence")
    half, _, height = FENCE
    for s in (-1, 1):
        x = s * (half - 0.025)
        m.add("yellow", box((x - 0.025, -0.025, 0.0), (x + 0.025, 0.025, height), 0.003))
        m.add("yellow", box((x - 0.025, -0.03, 0.0), (x + 0.025, 0.03, 0.01), 0.002))
        m.add("black", box((x - 0.022, -0.022, height - 0.002), (x + 0.022, 0.022, height + 0.006), 0.002))
    e = half - 0.06
    for z in (0.16, 1.07, height - 0.03):
        m.add("anthracite", box((-e, -0.010, z - 0.010), (e, 0.010, z + 0.010), 0))
    for s in (-1, 1):
        a, b = sorted((s * e, s * (e - 0.02)))
        m.add("anthracite", box((a, -0.010, 0.15), (b, 0.010, height - 0.02), 0))
    count = 36
    for k in range(1, count):
        x = -e + 2 * e * k / count
        m.add("anthracite", box((x - 0.0016, -0.0016, 0.16), (x + 0.0016, 0.0016, height - 0.03), 0))
    for k in range(1, 30):
        z = 0.16 + (height - 0.19) * k / 30
        m.add("anthracite", box((-e, 0.0014, z - 0.0016), (e, 0.0044, z + 0.0016), 0))
    m.solid("panel", (-half, -0.03, 0.0), (half, 0.03, height + 0.006))
    return m
