"""What machine builders bolt on every machine: signal towers, feet, vents, panels, windows, motors (m)."""

import numpy as np

from .model import Model
from .shapes import box, circle, cylinder, pipe, prism, rbox, rect, revolve, rounded


def tower(m: Model, x: float, y: float, z: float, height: float = 0.26) -> None:
    """A green, amber and red signal tower standing at (x, y, z)."""
    stem = height - 0.165
    m.add("anthracite", revolve([(0.032, 0), (0.032, 0.012), (0.014, 0.02), (0.014, stem)], (x, y, z), n=12))
    for k, lamp in enumerate(("green", "yellow", "red")):
        z0 = z + stem + 0.05 * k
        m.add(lamp, cylinder((x, y, z0), (x, y, z0 + 0.047), 0.027, 16, 0))
        m.add("anthracite", cylinder((x, y, z0 + 0.044), (x, y, z0 + 0.053), 0.0255, 12, 0))
    m.add("anthracite", revolve([(0.028, 0), (0.028, 0.008), (0.014, 0.015)], (x, y, z + stem + 0.15), n=16))
    m.solid("tower", (x - 0.03, y - 0.03, z), (x + 0.03, y + 0.03, z + height))


def foot(m: Model, x: float, y: float, top: float, radius: float = 0.045) -> None:
    """A levelling foot from the floor up to `top`."""
    m.add("black", cylinder((x, y, 0), (x, y, 0.012), radius, 10, 0))
    m.add("steel", revolve([(radius * 0.9, 0.012), (radius * 0.4, 0.024), (radius * 0.4, top)], (x, y, 0), n=10))
    m.solid("foot", (x - radius, y - radius, 0), (x + radius, y + radius, top))


def louvres(
    m: Model,
    plane: str,
    u0: float,
    v0: float,
    u1: float,
    v1: float,
    w: float,
    out: float,
    count: int,
    colour: str = "anthracite",
) -> None:
    """A vent: `count` slats over a rectangle of `plane` at `w`; `out` is +1 or -1, the way they stick out."""
    pitch = (v1 - v0) / count
    for k in range(count):
        a, b = sorted((w, w + 0.006 * out))
        m.add(colour, prism(rect(u0, v0 + k * pitch + 0.2 * pitch, u1, v0 + k * pitch + 0.75 * pitch), a, b, plane))


def pendant(m: Model, x0: float, x1: float, z0: float, z1: float, y: float, depth: float = 0.09) -> None:
    """A control panel, screen over keypad over emergency stop, with its face at `y` towards the front."""
    w, h = x1 - x0, z1 - z0
    m.add("anthracite", rbox((x0, y, z0), (x1, y + depth, z1), 0.025, "xz", 0.008))
    m.solid("panel", (x0, y - 0.012, z0), (x1, y + depth, z1))
    m.add(
        "light_grey", rbox((x0 + 0.012, y - 0.004, z0 + 0.012), (x1 - 0.012, y + 0.004, z1 - 0.012), 0.018, "xz", 0.002)
    )
    sz0 = z0 + 0.50 * h
    m.add("black", rbox((x0 + 0.022, y - 0.007, sz0), (x1 - 0.022, y, z1 - 0.025), 0.008, "xz", 0.002))
    s0, s1, t0, t1 = x0 + 0.034, x1 - 0.034, sz0 + 0.014, z1 - 0.038
    m.add("screen", box((s0, y - 0.009, t0), (s1, y - 0.005, t1), 0))
    m.add("light_blue", box((s0, y - 0.0105, t1 - 0.022), (s1, y - 0.008, t1), 0))
    for k in range(5):
        z = t1 - 0.045 - 0.026 * k
        if z > t0 + 0.01:
            m.add(
                "light_blue",
                box((s0 + 0.012, y - 0.0105, z), (s0 + (0.45 + 0.09 * (k % 3)) * (s1 - s0), y - 0.008, z + 0.009), 0),
            )
    rows, cols = 5, max(4, int(w / 0.042))
    for r in range(rows):
        for c in range(cols):
            kx = x0 + 0.026 + c * (w - 0.052) / cols
            kz = z0 + 0.20 * h + r * 0.052 * h
            colour = "anthracite" if (r + c) % 5 else "blue"
            m.add(
                colour,
                box((kx + 0.003, y - 0.010, kz), (kx + (w - 0.052) / cols - 0.003, y - 0.003, kz + 0.036 * h), 0.0),
            )
    ex, ez = x0 + 0.06, z0 + 0.09 * h
    m.add("yellow", cylinder((ex, y - 0.007, ez), (ex, y, ez), 0.03, 20, 0.001))
    m.add(
        "red",
        revolve(
            [(0.012, 0), (0.012, 0.012), (0.021, 0.013), (0.021, 0.019), (0.012, 0.023)],
            (ex, y - 0.006, ez),
            (0, -1, 0),
            20,
        ),
    )
    for k, colour in enumerate(("green", "yellow")):
        bx = x0 + 0.115 + 0.038 * k
        if bx + 0.02 < x1:
            m.add(colour, cylinder((bx, y - 0.014, ez), (bx, y, ez), 0.012, 16, 0.002))
    m.add("black", revolve([(0.034, 0), (0.034, 0.014), (0.028, 0.02)], (x1 - 0.055, y - 0.004, ez), (0, -1, 0), 24))


def window(
    m: Model, plane: str, u0: float, v0: float, u1: float, v1: float, w: float, out: float, r: float = 0.03
) -> None:
    """A glazed window in a dark rubber frame, standing a few millimetres proud of `w` towards `out` (+1 or -1)."""
    frame = rounded(rect(u0, v0, u1, v1), r, 4)
    pane = rounded(rect(u0 + 0.016, v0 + 0.016, u1 - 0.016, v1 - 0.016), max(r - 0.012, 0.004), 4)
    a, b = sorted((w - 0.004 * out, w + 0.008 * out))
    m.add("black", prism(frame, a, b, plane, 0.0, [pane]))
    a, b = sorted((w - 0.004 * out, w + 0.003 * out))
    m.add("glass", prism(pane, a, b, plane))


def handle(
    m: Model,
    a: tuple[float, float, float],
    b: tuple[float, float, float],
    off: tuple[float, float, float],
    colour: str = "steel",
) -> None:
    """A bow handle from `a` to `b`, standing `off` (vector, m) away from its door."""
    p, q, o = np.array(a), np.array(b), np.array(off)
    m.add(colour, pipe([p, p + o, q + o, q], 0.009, 0.018, 8, 2))


def motor(
    m: Model,
    base: tuple[float, float, float],
    axis: tuple[float, float, float],
    radius: float,
    length: float,
    colour: str = "anthracite",
) -> None:
    """An electric motor: flange, ribbed body, fan cowl; from `base` along `axis` (unit vector)."""
    d, p = np.asarray(axis, float), np.asarray(base, float)
    m.add("steel", cylinder(p, p + 0.08 * length * d, radius * 1.08, 16))
    profile = [(radius * 0.95, 0.08 * length)]
    for k in range(3):
        z = (0.14 + 0.20 * k) * length
        profile += [
            (radius, z),
            (radius, z + 0.12 * length),
            (radius * 0.92, z + 0.125 * length),
            (radius * 0.92, z + 0.195 * length),
        ]
    profile += [(radius, 0.74 * length), (radius, 0.94 * length), (radius * 0.8, length)]
    m.add(colour, revolve(profile, p, d, 16))


def fan(m: Model, plane: str, u: float, v: float, w: float, out: float, radius: float = 0.06) -> None:
    """A round fan grille on a wall at `w` of `plane`."""
    a, b = sorted((w, w + 0.008 * out))
    m.add(
        "anthracite",
        prism(
            rounded(rect(u - radius * 1.15, v - radius * 1.15, u + radius * 1.15, v + radius * 1.15), 0.01, 3),
            a,
            b,
            plane,
            0.002,
            [circle(radius, (u, v), 16)],
        ),
    )
    a, b = sorted((w, w + 0.005 * out))
    for k in range(1, 3):
        m.add(
            "black",
            prism(
                circle(radius * k / 3 + 0.004, (u, v), 14), a, b, plane, 0, [circle(radius * k / 3 - 0.003, (u, v), 14)]
            ),
        )
    m.add("black", prism(circle(0.008, (u, v), 8), a, b, plane))
