"""part_bracket and part_flange: what the demonstration line makes (m, origin under the part's centre)."""

import numpy as np

from .forms import Part
from .model import Model
from .shapes import Array, circle, prism, rect, revolve, rounded, shift, slot, tube

ALUMINIUM, STEEL = 2700.0, 7850.0  # kg/m^3
BRACKET = (0.160, 0.130, 0.080)  # length, width over the flanks, height
FLANGE_RADIUS, FLANGE_HEIGHT = 0.0675, 0.060
GRASP = 0.05  # m above the underside: the same for both, so that every hand-over height fits both


def fine(radius: float, n: int = 48) -> Array:
    """A circle (n, 2) about the origin with exactly `n` corners: parts are seen from close by."""
    angle = np.arange(n) * 2 * np.pi / n
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def bracket() -> Model:
    """A U bracket milled from aluminium: base with bolt holes, two flanks with a bearing bore each."""
    m = Model("part_bracket")
    x, y, h = BRACKET[0] / 2, BRACKET[1] / 2, BRACKET[2]
    base, wall = 0.016, 0.014
    holes = [circle(0.006, (u, v), 16) for u in (-0.060, 0.060) for v in (-0.035, 0.035)]
    pocket = [slot((-0.022, 0), (0.022, 0), 0.013, 0.013)]
    m.add("aluminium", prism(rounded(rect(-x, -y, x, y), 0.006, 3), 0, base, "xy", 0.001, holes + pocket))
    flank = rounded(
        [(-x, base - 0.004), (x, base - 0.004), (x, 0.036), (0.042, h), (-0.042, h), (-x, 0.036)],
        [0, 0, 0.01, 0.02, 0.02, 0.01],
        4,
    )
    bores = [fine(0.014, 24) + (0, 0.052)] + [circle(0.0045, (u, 0.030), 12) for u in (-0.055, 0.055)]
    for v0, v1 in ((-y, -y + wall), (y - wall, y)):
        m.add("aluminium", prism(flank, v0, v1, "xz", 0.001, bores))
        edge = -1 if v0 < 0 else 1
        face = v0 if edge < 0 else v1
        m.add(
            "steel", tube((0, face - 0.016 * edge, 0.052), (0, face - 0.002 * edge, 0.052), 0.0145, 0.0115, 24, 0.0005)
        )
        ring = np.array([[u, v, w] for u, w in flank for v in (v0, v1)])
        m.hull("flank", ring)
    m.solid("base", (-x, -y, 0), (x, y, base))
    return m


def flange() -> Model:
    """A turned steel flange: hub below, disc with six bolt holes above, bore through."""
    m = Model("part_flange")
    disc, hub, r, h = 0.024, 0.045, FLANGE_RADIUS, FLANGE_HEIGHT
    bolts = [circle(0.0055, (0.053 * np.cos(a), 0.053 * np.sin(a)), 12) for a in np.radians(np.arange(6) * 60.0)]
    m.add("steel", prism(fine(r), h - disc, h, "xy", 0.002, [fine(0.020, 32), *bolts]))
    m.add("steel", prism(fine(hub, 40), 0, h - disc, "xy", 0.002, [fine(0.020, 32)]))
    m.add("dark_steel", shift(prism(fine(0.033, 40), 0, 0.0008, "xy", 0, [fine(0.022, 32)]), z=h))
    m.add("dark_steel", revolve([(hub + 0.0004, 0.014), (hub + 0.0004, 0.018)], n=40))
    m.hull("hub", np.array([[u, v, z] for u, v in fine(hub, 20) for z in (0, h - disc)]))
    m.hull("disc", np.array([[u, v, z] for u, v in fine(r, 24) for z in (h - disc, h)]))
    return m


def sheets() -> dict[str, Part]:
    """Their sheets."""
    assumed = "Friction against rubber belt and jaws: assumed."
    return {
        "part_bracket": Part(
            "U bracket milled from aluminium, 160 x 130 x 80 mm",
            f"Own design. Mass from its volume at {ALUMINIUM:g} kg/m^3 (aluminium). {assumed}",
            round(bracket().volume() * ALUMINIUM, 2),
            (0, 0, GRASP),
        ),
        "part_flange": Part(
            "turned steel flange, 135 mm across, 60 mm high, six bolt holes",
            f"Own design. Mass from its volume at {STEEL:g} kg/m^3 (steel). {assumed}",
            round(flange().volume() * STEEL, 2),
            (0, 0, GRASP),
        ),
    }
