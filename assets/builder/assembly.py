"""assembly_station: a bench of aluminium profile with a servo press, a screwdriver and two bowl feeders (m)."""

import numpy as np

from .details import foot, louvres, pendant, tower
from .model import Model
from .shapes import box, circle, cylinder, pipe, prism, rbox, revolve, tube
from .stations import BELT_TOP
from .vision import profile

HALF = (0.55, 0.50)  # half width and half depth of the footprint
AT = (0.0, -0.27, BELT_TOP + 0.05)
TABLE = BELT_TOP


def build() -> Model:
    """The bench, nest at the front."""
    m = Model("assembly_station")
    p, q = HALF[0] - 0.0225, HALF[1] - 0.0225
    for x in (-p, p):
        for y in (-q, q):
            foot(m, x, y, 0.07, 0.04)
            profile(m, (x, y, 0.07), (x, y, 1.95 if y > 0 else TABLE - 0.06))
    e, f = p - 0.0225, q - 0.0225
    for z in (0.12, TABLE - 0.09):
        for s in (-1, 1):
            profile(m, (-e, s * q, z), (e, s * q, z))
            profile(m, (s * p, -f, z), (s * p, f, z))
    profile(m, (-e, q, 1.92), (e, q, 1.92))
    m.add(
        "dark_steel",
        box((-p - 0.02, -q - 0.02, TABLE - 0.06), (p + 0.02, q + 0.02, TABLE - 0.035), 0.004),
        hull="table",
    )
    m.add("white", box((-e, q - 0.006, TABLE), (e, q + 0.006, 1.88), 0.002), hull="back")
    _cupboard(m, e, q)
    _nest(m)
    _press(m)
    for s in (-1, 1):
        _bowl(m, s * 0.345, 0.14, "blue" if s < 0 else "teal")
    _screwdriver(m)
    for x in (-0.24, 0.24):
        m.add("white", box((x - 0.16, 0.24, 1.90), (x + 0.16, 0.30, 1.925), 0.004), hull="lamp")
    for x in (-0.24, 0.24):
        m.add("aluminium", box((x - 0.012, 0.29, 1.905), (x + 0.012, q, 1.93), 0.002), hull="lamp_arm")
    pendant(m, 0.32, 0.545, 1.36, 1.70, 0.30, 0.05)
    m.add("aluminium", box((0.42, 0.34, 1.48), (0.46, q, 1.52), 0.002), hull="arm")
    tower(m, -0.46, q, 1.95, 0.26)
    return m


def _cupboard(m: Model, e: float, q: float) -> None:
    m.add("light_grey", rbox((-e + 0.004, -q - 0.006, 0.15), (e - 0.004, q - 0.02, TABLE - 0.12), 0.01, "xz", 0.005),
          hull="cupboard")  # fmt: skip
    for x0, x1 in ((-e + 0.02, -0.006), (0.006, e - 0.02)):
        m.add("white", rbox((x0, -q - 0.018, 0.17), (x1, -q - 0.004, TABLE - 0.14), 0.012, "xz", 0.004))
    for x in (-0.035, 0.035):
        m.add("black", rbox((x - 0.008, -q - 0.028, 0.40), (x + 0.008, -q - 0.016, 0.56), 0.006, "xz", 0.002))
    louvres(m, "xz", -0.42, 0.21, -0.20, 0.30, -q - 0.018, -1, 5)
    m.add("blue", box((-e + 0.02, -q - 0.019, TABLE - 0.165), (e - 0.02, -q - 0.015, TABLE - 0.15), 0))


def _nest(m: Model) -> None:
    """Two rails on which the nest runs from the front to under the press; drawn at the front."""
    z = TABLE - 0.035
    for x in (-0.11, 0.11):
        m.add("steel", box((x - 0.012, -0.42, z), (x + 0.012, 0.18, z + 0.014), 0.002))
    m.solid("rails", (-0.13, -0.42, z), (0.13, 0.18, z + 0.015))
    m.add("white", rbox((-0.16, -0.42, z + 0.012), (0.16, -0.12, TABLE), 0.015, "xy", 0.003), hull="nest")
    ring = [circle(0.070, (0, AT[1]), 28)]
    m.add("blue", prism(circle(0.076, (0, AT[1]), 28), TABLE - 0.001, TABLE + 0.0006, "xy", 0, ring))
    for x in (-0.125, 0.125):
        for y in (-0.39, -0.15):
            m.add("black", cylinder((x, y, TABLE - 0.002), (x, y, TABLE + 0.0006), 0.008, 10, 0))


def _press(m: Model) -> None:
    """A servo press on two columns over the rails' back end."""
    for x in (-0.17, 0.17):
        m.add("steel", cylinder((x, 0.24, TABLE - 0.035), (x, 0.24, 1.50), 0.025, 20), hull="column")
    m.add("anthracite", rbox((-0.22, 0.06, 1.44), (0.22, 0.30, 1.52), 0.02, "xy", 0.006), hull="bridge")
    m.add("blue", rbox((-0.065, 0.055, 1.52), (0.065, 0.185, 1.84), 0.015, "xy", 0.008), hull="servo")
    m.add("anthracite", rbox((-0.05, 0.07, 1.84), (0.05, 0.17, 1.88), 0.012, "xy", 0.004), hull="servo")
    m.add(
        "steel", revolve([(0.022, 0.0), (0.022, 0.14), (0.035, 0.15), (0.035, 0.20)], (0, 0.12, 1.24), n=20), hull="ram"
    )
    m.add("dark_steel", cylinder((0, 0.12, 1.22), (0, 0.12, 1.25), 0.05, 24), hull="ram")
    m.add("yellow", box((-0.222, 0.058, 1.455), (0.222, 0.062, 1.475), 0))


def _bowl(m: Model, x: float, y: float, colour: str) -> None:
    """A vibratory bowl feeder with its spiral and a rail towards the nest."""
    z = TABLE - 0.035
    m.add("anthracite", cylinder((x, y, z), (x, y, z + 0.10), 0.09, 24, 0.006))
    m.add(colour, cylinder((x, y, z + 0.10), (x, y, z + 0.17), 0.075, 24, 0.006))
    m.add("steel", revolve([(0.07, 0.17), (0.13, 0.19), (0.135, 0.26)], (x, y, z), n=28))
    m.add("steel", tube((x, y, z + 0.25), (x, y, z + 0.285), 0.145, 0.125, 28, 0.002))
    m.add("dark_steel", tube((x, y, z + 0.259), (x, y, z + 0.262), 0.125, 0.095, 28, 0.0))
    for k in range(7):  # parts in the bowl
        a = np.radians(51 * k)
        u, v = x + 0.055 * np.cos(a), y + 0.055 * np.sin(a)
        m.add("copper", cylinder((u, v, z + 0.255), (u, v, z + 0.272), 0.014, 6, 0))
    s = 1 if x < 0 else -1
    m.add("steel", box((min(x + s * 0.13, x + s * 0.20), y - 0.02, z + 0.24),
                       (max(x + s * 0.13, x + s * 0.20), y + 0.02, z + 0.262), 0.003))  # fmt: skip
    u0, u1 = sorted((x + s * 0.13, x + s * 0.20))
    m.solid("bowl_rail", (u0, y - 0.02, z + 0.24), (u1, y + 0.02, z + 0.262))
    ring = circle(0.146, (x, y), 12)
    m.hull("bowl", np.array([[u, v, w] for u, v in ring for w in (z, z + 0.29)]))


def _screwdriver(m: Model) -> None:
    """A screw spindle on the bridge's left, its hose to the bowl."""
    m.add("mid_grey", box((-0.21, 0.02, 1.30), (-0.13, 0.06, 1.60), 0.006), hull="slide")
    m.add("green", cylinder((-0.17, -0.01, 1.26), (-0.17, -0.01, 1.58), 0.028, 20), hull="spindle")
    m.add("steel", revolve([(0.008, 0), (0.008, 0.10), (0.018, 0.12)], (-0.17, -0.01, 1.14), n=14), hull="bit")
    m.add("black", pipe([(-0.17, -0.01, 1.58), (-0.17, -0.01, 1.70), (-0.30, 0.14, 1.72), (-0.345, 0.14, 1.5),
                         (-0.345, 0.14, 1.15)], 0.009, 0.08, 8))  # fmt: skip
    m.solid("hose", (-0.36, -0.03, 1.14), (-0.16, 0.16, 1.74))
