"""infeed_station and outfeed_station, dock_in and dock_out: where belts end and parts come and go (m)."""

import numpy as np

from .details import foot, louvres, motor, pendant, tower
from .model import Model
from .shapes import box, cylinder, pipe, prism, rbox, rect, revolve, rounded

BELT_TOP = 0.90  # m: top surface of every belt of the library, so that a level belt joins any two
HAND_OVER = 0.95  # m: tool centre point over a belt (parts are held 50 mm above their underside)
BELT_HALF = 0.18  # m: half the belt's width


def belt_deck(m: Model, y0: float, y1: float, colour: str, legs: tuple[float, ...]) -> None:
    """A belt conveyor from y0 to y1 (m): belt over end drums, side rails, legs, guides."""
    top, r = BELT_TOP, 0.035
    loop = np.vstack(
        [
            [(y1 - r + r * np.cos(a), top - r + r * np.sin(a)) for a in np.linspace(-np.pi / 2, np.pi / 2, 9)],
            [(y0 + r + r * np.cos(a), top - r + r * np.sin(a)) for a in np.linspace(np.pi / 2, 3 * np.pi / 2, 9)],
        ]
    )
    m.add("belt", prism(loop, -BELT_HALF, BELT_HALF, "yz", 0.001))
    m.solid("belt", (-BELT_HALF, y0, top - 2 * r), (BELT_HALF, y1, top))
    for y in (y0 + r, y1 - r):
        m.add("steel", cylinder((-0.205, y, top - r), (0.205, y, top - r), 0.022, 16))
    for s in (-1, 1):
        a, b = sorted((s * 0.187, s * 0.215))
        m.add("aluminium", box((a, y0 + 0.012, top - 0.10), (b, y1 - 0.012, top - 0.012), 0.004, "xz"), hull="rail")
        for z in (top - 0.035, top - 0.075):
            m.add(
                "anthracite",
                box((s * 0.2155 - 0.0008, y0 + 0.02, z - 0.004), (s * 0.2155 + 0.0008, y1 - 0.02, z + 0.004), 0),
            )
        for y in np.linspace(y0 + 0.12, y1 - 0.12, 2):
            m.add(
                "anthracite",
                box(
                    (min(s * 0.196, s * 0.206), y - 0.012, top - 0.02),
                    (max(s * 0.196, s * 0.206), y + 0.012, top + 0.03),
                    0.002,
                ),
            )
        a, b = sorted((s * 0.180, s * 0.197))
        m.add(colour, box((a, y0 + 0.03, top + 0.008), (b, y1 - 0.03, top + 0.034), 0.004, "xz"), hull="guide")
    for y in legs:
        for x in (-0.19, 0.19):
            m.add(
                "aluminium",
                box((x - 0.0225, y - 0.0225, 0.06), (x + 0.0225, y + 0.0225, top - 0.10), 0.003),
                hull="leg",
            )
            for d in (-0.0229, 0.0229):
                m.add(
                    "anthracite", box((x - 0.004, y + d - 0.0004, 0.065), (x + 0.004, y + d + 0.0004, top - 0.105), 0)
                )
            foot(m, x, y, 0.06, 0.04)
        m.add("aluminium", box((-0.17, y - 0.02, 0.22), (0.17, y + 0.02, 0.26), 0.003), hull="brace")
        m.add("aluminium", box((-0.19, y - 0.02, top - 0.14), (0.19, y + 0.02, top - 0.10), 0.003), hull="brace")
    if len(legs) > 1:
        for x in (-0.19, 0.19):
            m.add("aluminium", box((x - 0.018, min(legs), 0.222), (x + 0.018, max(legs), 0.258), 0.003), hull="brace")


def drive(m: Model, y: float, colour: str) -> None:
    """A gear motor hanging under the belt at `y` (m)."""
    z = BELT_TOP - 0.19
    m.add("mid_grey", box((-0.07, y - 0.055, z - 0.06), (0.05, y + 0.055, z + 0.07), 0.01), hull="gear")
    motor(m, (0.05, y, z), (1, 0, 0), 0.048, 0.13, colour)
    m.solid("motor", (0.05, y - 0.052, z - 0.052), (0.18, y + 0.052, z + 0.052))
    m.add("steel", cylinder((-0.15, y, z + 0.075), (0.15, y, z + 0.075), 0.025, 16), hull="drum")


def control_box(m: Model, y: float) -> None:
    """A small switch box with emergency stop on the right rail, inside the footprint."""
    m.add("light_grey", rbox((0.212, y - 0.07, 0.56), (0.248, y + 0.07, 0.76), 0.012, "yz", 0.004), hull="switch_box")
    m.add("yellow", cylinder((0.246, y, 0.71), (0.25, y, 0.71), 0.026, 16, 0))
    m.add(
        "red",
        revolve(
            [(0.010, 0), (0.010, 0.008), (0.018, 0.010), (0.018, 0.018), (0.010, 0.022)],
            (0.249, y, 0.71),
            (1, 0, 0),
            16,
        ),
    )
    m.add("green", cylinder((0.246, y - 0.03, 0.62), (0.256, y - 0.03, 0.62), 0.011, 12))
    m.add("black", cylinder((0.246, y + 0.03, 0.62), (0.256, y + 0.03, 0.62), 0.011, 12))


def end_stop(m: Model, y: float, colour: str) -> None:
    """A stop across the belt's end with rubber pads and a light barrier beside it."""
    top = BELT_TOP
    m.add(colour, rbox((-0.17, y, top + 0.004), (0.17, y + 0.014, top + 0.030), 0.008, "xz", 0.003), hull="stop")
    for x in (-0.10, 0.10):
        m.add("black", cylinder((x, y + 0.012, top + 0.018), (x, y + 0.024, top + 0.018), 0.010, 12))
    for s in (-1, 1):
        a, b = sorted((s * 0.166, s * 0.20))
        m.add("steel", box((a, y - 0.002, top - 0.02), (b, y + 0.012, top + 0.026), 0.002))


def barrier(m: Model, y: float) -> None:
    """A light barrier looking across the belt at `y` (m)."""
    for s in (-1, 1):
        x = s * 0.212
        m.add("black", box((x - 0.012, y - 0.016, BELT_TOP + 0.02), (x + 0.012, y + 0.016, BELT_TOP + 0.066), 0.003))
        m.add("steel", box((x - 0.010, y - 0.010, BELT_TOP - 0.03), (x + 0.010, y + 0.010, BELT_TOP + 0.022), 0.001))
        m.add(
            "red",
            box(
                (x - 0.0135 * s - 0.002, y - 0.006, BELT_TOP + 0.036),
                (x - 0.0135 * s + 0.002, y + 0.006, BELT_TOP + 0.048),
                0,
            ),
        )
        m.solid("barrier", (x - 0.015, y - 0.018, BELT_TOP - 0.03), (x + 0.015, y + 0.018, BELT_TOP + 0.068))


def arrow(m: Model, y: float, way: int, colour: str, x: float, out: int) -> None:
    """An arrow on the side rail: the way parts run (`way` +1 towards +y)."""
    z = BELT_TOP - 0.055
    ring = np.array(
        [(-0.05, -0.010), (0.015, -0.010), (0.015, -0.026), (0.05, 0.0), (0.015, 0.026), (0.015, 0.010), (-0.05, 0.010)]
    )
    ring = ring if way > 0 else (ring * [-1, 1])[::-1]
    a, b = sorted((x, x + 0.003 * out))
    m.add(colour, prism(ring + (y, z), a, b, "yz"))


def infeed() -> Model:
    """Belt in at the back, pick at the front against an end stop."""
    m = Model("infeed_station")
    belt_deck(m, -0.45, 0.45, "blue", (-0.30, 0.30))
    drive(m, 0.05, "blue")
    control_box(m, -0.30)
    end_stop(m, -0.44, "blue")
    barrier(m, -0.20)
    for s in (-1, 1):
        arrow(m, 0.0, -1, "blue", 0.215 * s, s)
    return m


def outfeed() -> Model:
    """Place at the front, belt out at the back."""
    m = Model("outfeed_station")
    belt_deck(m, -0.45, 0.45, "green", (-0.30, 0.30))
    drive(m, -0.05, "green")
    control_box(m, -0.30)
    end_stop(m, -0.44, "green")
    barrier(m, 0.30)
    for s in (-1, 1):
        arrow(m, 0.0, 1, "green", 0.215 * s, s)
    return m


def _crate(m: Model, x: float, y: float, z: float, colour: str) -> None:
    """A 600 x 400 x 220 mm stacking crate (ISO KLT class) about (x, y), standing at z."""
    lo, hi = np.array([x - 0.30, y - 0.20, z]), np.array([x + 0.30, y + 0.20, z + 0.216])
    outer, inner = (
        rounded(rect(lo[0], lo[1], hi[0], hi[1]), 0.025, 3),
        rounded(rect(lo[0] + 0.02, lo[1] + 0.02, hi[0] - 0.02, hi[1] - 0.02), 0.02, 3),
    )
    m.add(colour, prism(outer, z + 0.004, z + 0.03, "xy", 0.006))
    m.add(
        colour,
        prism(
            rounded(rect(lo[0] + 0.012, lo[1] + 0.012, hi[0] - 0.012, hi[1] - 0.012), 0.02, 3),
            z + 0.025,
            z + 0.18,
            "xy",
            0,
            [inner],
        ),
    )
    m.add(colour, prism(outer, z + 0.176, z + 0.216, "xy", 0.004, [inner]))
    for xx in (-0.2, 0.0, 0.2):
        for s in (-1, 1):
            yy = y + s * 0.191
            m.add(colour, box((x + xx - 0.01, yy - 0.006, z + 0.03), (x + xx + 0.01, yy + 0.006, z + 0.18), 0))
    for s in (-1, 1):
        xx = x + 0.29 * s
        m.add("black", box((xx - 0.0015, y - 0.06, z + 0.11), (xx + 0.0015, y + 0.06, z + 0.145), 0))
    m.add("white", box((x - 0.05, y - 0.1895, z + 0.06), (x + 0.05, y - 0.1875, z + 0.13), 0))


def _pallet(m: Model, x: float, y: float) -> None:
    """A wooden 800 x 600 mm half pallet about (x, y) on the floor."""
    for k in range(5):
        m.add(
            "wood",
            box((x - 0.40, y - 0.29 + 0.1225 * k - 0.0, 0.122), (x + 0.40, y - 0.29 + 0.1225 * k + 0.09, 0.144), 0.002),
        )
    for xx in (-0.34, 0.0, 0.34):
        m.add("wood", box((x + xx - 0.05, y - 0.29, 0.022), (x + xx + 0.05, y + 0.29, 0.122), 0.002))
        m.add("wood", box((x + xx - 0.06, y - 0.29, 0.0), (x + xx + 0.06, y + 0.29, 0.022), 0.001))
    m.solid("pallet", (x - 0.40, y - 0.295, 0), (x + 0.40, y + 0.295, 0.144))


def _dock(name: str, accent: str, way: int, raw: bool) -> Model:
    """A crate lift with a short belt at the front; `way` +1 when parts run in, -1 when they run out."""
    m = Model(name)
    belt_deck(m, -0.60, 0.02, accent, (-0.45,))
    drive(m, -0.22, accent)
    barrier(m, -0.52)
    for s in (-1, 1):
        arrow(m, -0.28, way, accent, 0.215 * s, s)
    # lift frame round the crate stack: four posts, header, guards of mesh at the sides
    for x in (-0.465, 0.465):
        for y in (0.03, 0.565):
            m.add("anthracite", box((x - 0.035, y - 0.035, 0.03), (x + 0.035, y + 0.035, 1.85), 0.006), hull="post")
            x0, x1 = sorted((x + 0.035 * np.sign(x), x - 0.05 * np.sign(x)))
            m.add("anthracite", box((x0, y - 0.035, 0), (x1, y + 0.035, 0.03), 0.003), hull="plate")
        m.add("anthracite", box((x - 0.025, 0.065, 1.79), (x + 0.025, 0.53, 1.84), 0.004), hull="header")
        m.add("anthracite", box((x - 0.02, 0.065, 0.10), (x + 0.02, 0.53, 0.14), 0.004), hull="sill")
        for k in range(9):
            z = 0.32 + 0.16 * k
            m.add("mid_grey", box((x - 0.003, 0.065, z - 0.003), (x + 0.003, 0.53, z + 0.003), 0))
        for k in range(5):
            y = 0.14 + 0.08 * k
            m.add("mid_grey", box((x - 0.003, y - 0.003, 0.14), (x + 0.003, y + 0.003, 1.79), 0))
        m.solid("guard", (x - 0.008, 0.065, 0.14), (x + 0.008, 0.53, 1.79))
    m.add(accent, rbox((-0.50, 0.0, 1.85), (0.50, 0.60, 1.98), 0.03, "xz", 0.01), hull="hood")
    m.add("white", rbox((-0.38, -0.006, 1.875), (0.38, 0.004, 1.955), 0.012, "xz", 0.002))
    for k in range(3):  # big arrows on the header: into or out of the line
        u = -0.22 + 0.22 * k
        s = 0.026
        ring = (
            np.array([(-s, s * 1.1), (0.0, -s * 1.1), (s, s * 1.1)])
            if way < 0
            else np.array([(-s, -s * 1.1), (s, -s * 1.1), (0.0, s * 1.1)])
        )
        m.add(accent, prism(ring + (u, 1.915), -0.010, 0.0, "xz"))
    # chain lift with forks that carry the crates
    for x in (-0.40, 0.40):
        m.add("steel", box((x - 0.012, 0.50, 0.05), (x + 0.012, 0.53, 1.80), 0.003), hull="chain")
    _pallet(m, 0.0, 0.30)
    levels = (0.148, 0.364) if raw else (0.148,)
    for z in levels:
        _crate(m, 0.0, 0.30, z, "crate_blue" if raw else "mid_grey")
    m.solid("stack", (-0.305, 0.095, 0.144), (0.305, 0.505, levels[-1] + 0.22))
    _crate(m, 0.0, 0.30, 0.66, "crate_blue" if raw else "mid_grey")
    for x in (-0.33, 0.33):
        m.add("yellow", box((x - 0.02, 0.10, 0.64), (x + 0.02, 0.53, 0.664), 0.004))
        m.add("yellow", box((min(x, x * 1.24) - 0.005, 0.49, 0.62), (max(x, x * 1.24) + 0.005, 0.53, 0.76), 0.004))
    m.solid("crate", (-0.42, 0.095, 0.62), (0.42, 0.535, 0.88))
    # gantry that shifts single parts between crate and belt
    for y in (0.20, 0.38):
        m.add("aluminium", box((-0.43, y - 0.02, 1.56), (0.43, y + 0.02, 1.60), 0.003), hull="gantry")
    m.add("aluminium", box((-0.03, -0.12, 1.60), (0.03, 0.50, 1.66), 0.004), hull="gantry")
    m.add(accent, box((-0.07, 0.20, 1.50), (0.07, 0.36, 1.70), 0.012), hull="trolley")
    m.add("steel", box((-0.022, 0.26, 1.12), (0.022, 0.30, 1.52), 0.003), hull="z_axis")
    m.add("anthracite", box((-0.06, 0.23, 1.08), (0.06, 0.33, 1.13), 0.006), hull="gripper")
    for x in (-0.05, 0.05):
        m.add("steel", box((x - 0.008, 0.265, 0.99), (x + 0.008, 0.295, 1.08), 0.002), hull="finger")
    m.add(
        "black", pipe([(0.05, 0.34, 1.70), (0.05, 0.42, 1.78), (0.25, 0.50, 1.80), (0.40, 0.52, 1.80)], 0.012, 0.05, 8)
    )
    m.solid("cable", (0.04, 0.33, 1.68), (0.42, 0.535, 1.82))
    parts_in_crate(m, 0.30, 0.70)
    m.add("light_grey", rbox((0.235, -0.20, 0.30), (0.43, 0.0, 0.86), 0.012, "xy", 0.006), hull="switchgear")
    louvres(m, "xz", 0.265, 0.34, 0.40, 0.44, -0.20, -1, 5)
    m.add("red", cylinder((0.33, -0.215, 0.74), (0.33, -0.2, 0.74), 0.022, 16))
    pendant(m, 0.44 - 0.16, 0.44, 1.12, 1.40, -0.045, 0.04)
    tower(m, -0.40, 0.30, 1.98, 0.26)
    return m


def parts_in_crate(m: Model, y: float, z: float) -> None:
    """Blanks standing in the raised crate, seen from above."""
    for x in (-0.18, 0.0, 0.18):
        for dy in (-0.08, 0.08):
            m.add("steel", box((x - 0.07, y + dy - 0.055, z), (x + 0.07, y + dy + 0.055, z + 0.08), 0.006))


def dock_in() -> Model:
    """Raw parts come in: crates on the lift, belt out at the front."""
    return _dock("dock_in", "blue", -1, raw=True)


def dock_out() -> Model:
    """Good parts leave: belt in at the front, crates filled on the lift."""
    return _dock("dock_out", "green", 1, raw=False)
