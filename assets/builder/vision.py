"""vision_station: an inspection cell of aluminium profile, camera and ring light over a shuttle table (m)."""

import numpy as np

from .details import foot, louvres, pendant, tower
from .model import Model
from .shapes import box, circle, cylinder, pipe, prism, rbox, revolve, tube

HALF = 0.40  # half width and half depth of the footprint
TABLE = 0.90  # m: nest surface, on which parts stand
AT = (0.0, -0.17, 0.95)  # hand-over at the shuttle's front end; the camera looks at the back half
HEIGHT = 1.90
PROFILE = 0.045  # m: aluminium profile's width


def profile(m: Model, a: tuple[float, float, float], b: tuple[float, float, float]) -> None:
    """A grooved aluminium profile between two points along one axis (m), and its hull."""
    lo, hi = np.minimum(a, b), np.maximum(a, b)
    along = int(np.argmax(hi - lo))
    plane = ("yz", "xz", "xy")[along]
    others = [k for k in range(3) if k != along]
    lo[others] -= PROFILE / 2
    hi[others] += PROFILE / 2
    m.add("aluminium", box(lo, hi, 0.003, plane), hull="profile")
    for k in others:  # grooves: dark lines a hair proud of the faces
        g0, g1 = lo.copy(), hi.copy()
        other = next(o for o in others if o != k)
        g0[other], g1[other] = (lo[other] + hi[other]) / 2 - 0.004, (lo[other] + hi[other]) / 2 + 0.004
        g0[k], g1[k] = lo[k] - 0.0006, hi[k] + 0.0006
        g0[along] += 0.004
        g1[along] -= 0.004
        m.add("anthracite", box(g0, g1, 0))


def build() -> Model:
    """The inspection cell, shuttle at the front."""
    m = Model("vision_station")
    p = HALF - PROFILE / 2
    for x in (-p, p):
        for y in (-p, p):
            foot(m, x, y, 0.07, 0.04)
            profile(m, (x, y, 0.07), (x, y, HEIGHT))
    e = p - PROFILE / 2
    for z in (0.12, TABLE - 0.10, HEIGHT - PROFILE / 2):
        for s in (-p, p):
            profile(m, (-e, s, z), (e, s, z))
            profile(m, (s, -e, z), (s, e, z))
    # electrical cupboard and computer below the table
    m.add(
        "light_grey",
        rbox((-e + 0.004, -p - 0.008, 0.15), (e - 0.004, p - 0.02, TABLE - 0.13), 0.01, "xz", 0.005),
        hull="cupboard",
    )
    for x0, x1 in ((-e + 0.02, -0.006), (0.006, e - 0.02)):
        m.add("white", rbox((x0, -p - 0.02, 0.17), (x1, -p - 0.006, TABLE - 0.15), 0.012, "xz", 0.004))
    for x in (-0.035, 0.035):
        m.add("black", rbox((x - 0.008, -p - 0.032, 0.40), (x + 0.008, -p - 0.018, 0.56), 0.006, "xz", 0.002))
    louvres(m, "xz", -0.28, 0.21, -0.10, 0.30, -p - 0.02, -1, 5)
    m.add("orange", box((-e + 0.02, -p - 0.021, TABLE - 0.175), (e - 0.02, -p - 0.017, TABLE - 0.16), 0))
    # table plate, shuttle rails, nest
    m.add(
        "dark_steel",
        box((-p - 0.02, -p - 0.02, TABLE - 0.075), (p + 0.02, p + 0.02, TABLE - 0.055), 0.004),
        hull="table",
    )
    for x in (-0.14, 0.14):
        m.add("steel", box((x - 0.012, -0.34, TABLE - 0.055), (x + 0.012, 0.34, TABLE - 0.035), 0.003))
        for y in (-0.26, -0.08):
            m.add("black", box((x - 0.024, y - 0.03, TABLE - 0.05), (x + 0.024, y + 0.03, TABLE - 0.018), 0.003))
    m.add(
        "black",
        pipe([(0.20, 0.30, TABLE - 0.03), (0.20, 0.05, TABLE - 0.03), (0.17, 0.0, TABLE - 0.03)], 0.014, 0.03, 8),
    )
    m.solid("rails", (-0.17, -0.345, TABLE - 0.056), (0.215, 0.345, TABLE - 0.016))
    m.add("white", rbox((-0.19, -0.33, TABLE - 0.018), (0.19, -0.01, TABLE), 0.015, "xy", 0.003), hull="nest")
    for x in (-0.10, 0.10):
        m.add("orange", box((x - 0.006, AT[1] - 0.02, TABLE - 0.002), (x + 0.006, AT[1] + 0.02, TABLE + 0.0006), 0))
    m.add(
        "orange",
        prism(circle(0.076, (0, AT[1]), 28), TABLE - 0.001, TABLE + 0.0006, "xy", 0, [circle(0.070, (0, AT[1]), 28)]),
    )
    _optics(m)
    # roof, back wall and side panes of the upper half; front open, sides open in front of the camera
    m.add("white", box((-HALF, -HALF, HEIGHT), (HALF, HALF, HEIGHT + 0.02), 0.006), hull="roof")
    m.add("white", box((-e, p - 0.006, TABLE - 0.05), (e, p + 0.006, HEIGHT - 0.05), 0.002), hull="back")
    for x in (-p, p):
        m.add("glass", box((x - 0.004, -0.02, TABLE - 0.05), (x + 0.004, e, HEIGHT - 0.05), 0.001), hull="pane")
        m.add("aluminium", box((x - 0.012, -0.035, TABLE - 0.05), (x + 0.012, -0.015, HEIGHT - 0.05), 0.003))
    for x in (-0.18, 0.18):
        m.add("white", box((x - 0.12, -0.30, HEIGHT - 0.055), (x + 0.12, -0.26, HEIGHT - 0.03), 0.004), hull="lamp")
    pendant(m, 0.285, 0.398, 1.36, 1.64, -0.398, 0.03)
    tower(m, 0.33, 0.30, HEIGHT + 0.02, 0.26)
    return m


def _optics(m: Model) -> None:
    """Camera with lens on a Z slide, lit ring light below it, over the back half of the table."""
    y = 0.16
    profile(m, (0.0, 0.34, TABLE - 0.03), (0.0, 0.34, HEIGHT - 0.07))
    m.add("anthracite", box((-0.05, 0.27, 1.42), (0.05, 0.325, 1.76), 0.006), hull="slide")
    m.add("anthracite", box((-0.03, y - 0.03, 1.60), (0.03, 0.28, 1.62), 0.004), hull="bracket")
    m.add("blue", box((-0.036, y - 0.036, 1.56), (0.036, y + 0.036, 1.70), 0.008))
    m.add(
        "black",
        revolve([(0.03, 0.0), (0.03, -0.05), (0.034, -0.06), (0.034, -0.11), (0.026, -0.12)][::-1], (0, y, 1.56), n=24),
    )
    m.add("black", pipe([(0.0, y, 1.70), (0.0, y, 1.78), (0.0, 0.28, 1.80), (0.0, 0.30, 1.70)], 0.007, 0.03, 8))
    m.solid("camera", (-0.04, y - 0.04, 1.44), (0.04, 0.30, 1.80))
    m.add("anthracite", tube((0, y, 1.316), (0, y, 1.338), 0.125, 0.062, 36, 0.004))
    m.add("white", tube((0, y, 1.300), (0, y, 1.317), 0.122, 0.064, 36, 0.0))
    m.add("white", tube((0, y, 1.293), (0, y, 1.302), 0.116, 0.07, 36, 0.001))
    for k in range(16):
        a = np.radians(22.5 * k)
        x, v = 0.093 * np.cos(a), y + 0.093 * np.sin(a)
        m.add("light_blue", cylinder((x, v, 1.289), (x, v, 1.296), 0.011, 8, 0))
    for x in (-0.105, 0.105):
        m.add("steel", cylinder((x, y + 0.04, 1.33), (x, y + 0.04, 1.61), 0.006, 8, 0))
    m.add("anthracite", box((-0.115, y + 0.025, 1.595), (0.115, y + 0.055, 1.612), 0.003))
    m.hull("ring_light", np.array([[u, v, z] for u, v in circle(0.127, (0, y), 16) for z in (1.288, 1.337)]))
    m.solid("light_arm", (-0.12, y + 0.02, 1.335), (0.12, y + 0.06, 1.615))
