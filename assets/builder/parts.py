"""Parts that lines make, turned, milled and cast (m, origin under the part's centre), and the sheets of all parts."""

import numpy as np

from .forms import Part
from .model import Model
from .shapes import Array, circle, prism, rect, revolve, rounded, shift, slot, tube

ALUMINIUM, STEEL = 2700.0, 7850.0  # kg/m^3
BRACKET = (0.160, 0.130, 0.080)  # length, width over the flanks, height
FLANGE_RADIUS, FLANGE_HEIGHT = 0.0675, 0.060
SHAFT_RADIUS = 0.025  # m: the shaft's greatest, at its middle
HOUSING = (0.180, 0.140, 0.110)
CAST = 2680.0  # kg/m^3: EN AC-AlSi9Cu3
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


def shaft() -> Model:
    """A turned steel shaft, lying along x on two flats, four diameters and a keyway."""
    m = Model("part_shaft")
    axis = SHAFT_RADIUS
    profile = [(0.014, 0.0), (0.016, 0.002), (0.016, 0.045), (0.021, 0.047), (0.021, 0.095), (0.025, 0.097),
               (0.025, 0.155), (0.018, 0.157), (0.018, 0.208), (0.014, 0.210), (0.014, 0.238),
               (0.012, 0.240)]  # fmt: skip
    m.add("steel", revolve([(0.0001, 0.0), *profile, (0.0001, 0.240)], (-0.12, 0.0, axis), (1, 0, 0), 40))
    key = slot((0.100, 0.0), (0.065, 0.0), 0.0035, 0.0035, 6)
    m.add("dark_steel", prism(key[::-1] if _area(key) < 0 else key, axis + 0.0176, axis + 0.0184, "xy"))
    for x in (-0.073, 0.036):
        m.add("dark_steel", revolve([(0.0213, 0.0), (0.0213, 0.003)] if x < 0 else [(0.0183, 0.0), (0.0183, 0.003)],
                                    (x, 0.0, axis), (1, 0, 0), 40))  # fmt: skip
    for x0, x1, r in ((-0.12, -0.075, 0.016), (-0.075, -0.025, 0.021), (-0.025, 0.036, 0.025), (0.036, 0.12, 0.018)):
        ring = r * fine(1.0, 14)
        m.hull("journal", np.array([[x, u, axis + v] for u, v in ring for x in (x0, x1)]))
    for x in (-0.02, 0.025):  # cradle flats it rests on: a shaft does not stand on a line
        m.add("black", shift(prism(rect(-0.006, -0.02, 0.006, 0.02), 0.0, 0.004, "xy"), x=x))
    m.solid("rest", (-0.026, -0.02, 0.0), (0.031, 0.02, 0.01))
    return m


def _area(ring: Array) -> float:
    x, y = ring.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def housing() -> Model:
    """A cast aluminium gearbox housing: a ribbed box on a flange, bearing seats in two walls, a bore in the lid."""
    m = Model("part_housing")
    x, y, h = HOUSING[0] / 2, HOUSING[1] / 2, HOUSING[2]
    holes = [circle(0.0055, (u, v), 12) for u in (-x + 0.013, x - 0.013) for v in (-y + 0.013, y - 0.013)]
    m.add("aluminium", prism(rounded(rect(-x, -y, x, y), 0.014, 4), 0.0, 0.014, "xy", 0.001, holes))
    outer = rounded(rect(-x + 0.024, -y + 0.022, x - 0.024, y - 0.022), 0.018, 4)
    inner = rounded(rect(-x + 0.032, -y + 0.030, x - 0.032, y - 0.030), 0.012, 4)
    m.add("aluminium", prism(outer, 0.012, h - 0.010, "xy", 0.0, [inner]))
    lid = rounded(rect(-x + 0.019, -y + 0.017, x - 0.019, y - 0.017), 0.018, 4)
    m.add("aluminium", prism(lid, h - 0.012, h, "xy", 0.0015, [fine(0.024, 28)]))
    m.add("steel", tube((0, 0, h - 0.008), (0, 0, h + 0.0), 0.0238, 0.018, 28, 0.0005))
    for s in (-1, 1):
        face = s * (x - 0.024)
        m.add("aluminium", tube((face - 0.002 * s, 0, 0.056), (face + 0.014 * s, 0, 0.056), 0.030, 0.017, 32, 0.001))
        m.add("steel", tube((face, 0, 0.056), (face + 0.0125 * s, 0, 0.056), 0.0168, 0.0115, 28, 0.0004))
        for v in (-0.045, 0.045):
            a, b = sorted((face, face + 0.012 * s))
            m.add("aluminium", prism(rect(a, v - 0.004, b, v + 0.004), 0.012, h - 0.014, "xy"))
    for u in (-0.042, 0.0, 0.042):
        for s in (-1, 1):
            a, b = sorted((s * (y - 0.022), s * (y - 0.011)))
            m.add("aluminium", prism(rect(u - 0.004, a, u + 0.004, b), 0.012, h - 0.014, "xy"))
    m.solid("flange", (-x, -y, 0.0), (x, y, 0.014))
    m.solid("box", (-x + 0.010, -y + 0.011, 0.014), (x - 0.010, y - 0.011, h))
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
        "part_shaft": Part(
            "turned steel shaft, 240 mm long, 50 mm across, lying",
            f"Own design. Mass from its volume at {STEEL:g} kg/m^3 (steel). {assumed} Held 50 mm above what it lies "
            "on, as all parts of the library: at its top.",
            round(shaft().mesh("steel").volume * STEEL, 2),
            (0, 0, GRASP),
        ),
        "part_housing": Part(
            "cast aluminium gearbox housing, 180 x 140 x 110 mm",
            f"Own design. Mass from its volume at {CAST:g} kg/m^3 (EN AC-AlSi9Cu3). {assumed}",
            round(housing().volume() * CAST, 2),
            (0, 0, GRASP),
        ),
        "part_box": Part(
            "carton, 300 x 200 x 150 mm, 2 kg, held at its top by suction cups",
            "Base area 300 x 200 mm: a module of ISO 3394 that fits EUR pallets sixteen to a layer. "
            "Height and mass: assumed. Friction of cardboard against belt: assumed.",
            2.0,
            (0, 0, 0.15),
            0.45,
        ),
        "pallet_euro": Part(
            "EUR pallet, 1200 x 800 x 144 mm, 25 kg",
            "EN 13698-1: 1200 x 800 x 144 mm, about 25 kg; boards and blocks rounded to 1 mm. Friction: assumed.",
            25.0,
            (0, 0, 0.144),
            0.5,
        ),
    }
