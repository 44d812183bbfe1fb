"""case_sealer, check_weigher, packing_station, carton_infeed, carton_outfeed: the end of a packing line (m)."""

import numpy as np

from .conveyors import FRAME, LANE, chevrons, lane, legs, motor_box
from .details import foot, louvres, motor, pendant, tower
from .model import Model
from .shapes import box, cylinder, prism, rbox, rect, rounded, tube
from .stations import BELT_TOP
from .storage import carton

TOP_HELD = BELT_TOP + 0.15  # m: tool centre point over a belt for cartons held at their top, 150 mm up
SEALER = (0.85, 0.42)  # half width and half depth
SEALER_AT = (-0.60, 0.0, TOP_HELD)
WEIGHER = (0.75, 0.36)
WEIGHER_IN, WEIGHER_OUT = (-0.50, 0.0, TOP_HELD), (0.50, 0.0, TOP_HELD)
PACKING = (0.60, 0.45)
TRAY = (0.39, 0.29, 0.05)  # m: display tray that is packed, its outside
TRAY_FLOOR = 0.004
PACKING_AT = (0.0, 0.0, BELT_TOP + TRAY_FLOOR + 0.05)
CONVEYOR_END = (0.28, 0.50)
CONVEYOR_END_AT = (0.0, -0.33, TOP_HELD)


def sealer() -> Model:
    """Carton in at the left, taped between side belts, out at the right."""
    m = Model("case_sealer")
    half_x, _ = SEALER
    for x0, x1 in ((-half_x, -0.30), (0.42, half_x)):
        lane(m, x0, x1, 0.0, "light_grey")
    for x in (-0.78, 0.78):
        legs(m, x, 0.0, 0.20)
    chevrons(m, -0.70, -FRAME, 1, -1)
    chevrons(m, 0.60, -FRAME, 1, -1)
    # machine bed with the lower tape head, standing on its own legs
    m.add("blue", rbox((-0.30, -0.32, 0.42), (0.42, 0.32, BELT_TOP - 0.006), 0.02, "xy", 0.008), hull="bed")
    for x in (-0.25, 0.37):
        for y in (-0.27, 0.27):
            m.add("blue", box((x - 0.03, y - 0.03, 0.05), (x + 0.03, y + 0.03, 0.43), 0.004), hull="leg")
            foot(m, x, y, 0.05, 0.045)
    m.add("white", rbox((-0.24, -0.326, 0.52), (0.36, -0.318, 0.84), 0.02, "xz", 0.002))
    louvres(m, "xz", -0.20, 0.55, 0.02, 0.66, -0.326, -1, 4)
    m.add("black", rbox((0.16, -0.334, 0.60), (0.34, -0.318, 0.80), 0.01, "xz", 0.003))
    m.add("green", cylinder((0.21, -0.348, 0.74), (0.21, -0.33, 0.74), 0.014, 14))
    m.add("yellow", cylinder((0.28, -0.338, 0.74), (0.28, -0.33, 0.74), 0.028, 16, 0))
    m.add("red", cylinder((0.28, -0.356, 0.74), (0.28, -0.336, 0.74), 0.019, 14))
    m.solid("panel", (0.16, -0.356, 0.60), (0.34, -0.32, 0.80))
    m.add("anthracite", box((-0.28, -0.13, BELT_TOP - 0.01), (0.40, 0.13, BELT_TOP), 0.002))
    # side belts that draw the carton through
    for s in (-1, 1):
        a, b = sorted((s * 0.108, s * 0.17))
        y = s * 0.139
        loop = rounded(rect(-0.26, a, 0.38, b), 0.03, 4)
        m.add("belt", prism(loop, BELT_TOP + 0.02, BELT_TOP + 0.09, "xy", 0.001))
        m.add("light_grey", rbox((-0.27, min(y, s * 0.25) - 0.0, BELT_TOP + 0.09),
                                 (0.39, max(y, s * 0.25), BELT_TOP + 0.115), 0.02, "xy", 0.004))  # fmt: skip
        a, b = sorted((s * 0.105, s * 0.255))
        m.solid("side_belt", (-0.27, a, BELT_TOP), (0.39, b, BELT_TOP + 0.12))
        motor(m, (0.28, s * 0.235, BELT_TOP + 0.115), (0, 0, 1), 0.045, 0.15, "blue")
        m.solid("motor", (0.23, s * 0.235 - 0.05, BELT_TOP + 0.1), (0.33, s * 0.235 + 0.05, BELT_TOP + 0.27))
    # two columns and the bridge with the upper tape head
    for s in (-1, 1):
        y = s * 0.345
        m.add("blue", box((0.02, y - 0.04, 0.60), (0.12, y + 0.04, 1.62), 0.008), hull="column")
        m.add("steel", box((0.035, y - 0.042 * 1.02, 0.95), (0.105, y + 0.042 * 1.02, 1.58), 0.001))
    m.add("blue", rbox((0.0, -0.385, 1.56), (0.14, 0.385, 1.66), 0.02, "yz", 0.006), hull="bridge")
    m.add("steel", cylinder((0.07, 0.0, 1.16), (0.07, 0.0, 1.72), 0.016, 12), hull="spindle")
    m.add("anthracite", cylinder((0.07, 0.0, 1.66), (0.07, 0.0, 1.71), 0.06, 20), hull="wheel")
    m.add("white", rbox((-0.28, -0.09, 1.075), (0.40, 0.09, 1.20), 0.03, "xz", 0.006), hull="head")
    for s in (-1, 1):
        y0, y1 = sorted((s * 0.09, s * 0.31))
        m.add("blue", box((0.04, y0, 1.11), (0.10, y1, 1.16), 0.004), hull="arm")
    m.add("tape", tube((-0.16, -0.03, 1.33), (-0.16, 0.03, 1.33), 0.145, 0.045, 28, 0.003))
    m.add("anthracite", cylinder((-0.16, -0.045, 1.33), (-0.16, 0.045, 1.33), 0.05, 16))
    m.add("anthracite", box((-0.185, 0.045, 1.18), (-0.135, 0.06, 1.36), 0.003))
    m.solid("tape", (-0.31, -0.05, 1.18), (-0.01, 0.065, 1.48))
    for s in (-1, 1):  # see-through guards beside the tunnel, open where cartons pass
        y = s * 0.39
        m.add("glass", box((-0.28, y - 0.004, 1.02), (0.0, y + 0.004, 1.50), 0.001), hull="guard")
        m.add("glass", box((0.14, y - 0.004, 1.02), (0.40, y + 0.004, 1.50), 0.001), hull="guard")
        for z in (1.02, 1.48):
            m.add("aluminium", box((-0.29, y - 0.010, z), (0.41, y + 0.010, z + 0.02), 0.002))
    tower(m, 0.07, 0.30, 1.66, 0.26)
    return m


def weigher() -> Model:
    """Three belts in a row, the middle one on a load cell, its display on a mast behind."""
    m = Model("check_weigher")
    half_x, _ = WEIGHER
    for number, (x0, x1) in enumerate(((-half_x, -0.255), (-0.245, 0.245), (0.255, half_x))):
        z = BELT_TOP
        r = 0.028
        t = np.linspace(-np.pi / 2, np.pi / 2, 7)
        loop = np.vstack(
            [
                np.column_stack([x1 - r + r * np.cos(t), z - r + r * np.sin(t)]),
                np.column_stack([x0 + r - r * np.cos(t), z - r - r * np.sin(t)]),
            ]
        )
        m.add("anthracite" if number == 1 else "belt", prism(loop, -0.17, 0.17, "xz", 0.001))
        m.solid("belt", (x0, -0.17, z - 2 * r), (x1, 0.17, z))
        for s in (-1, 1):
            a, b = sorted((s * 0.176, s * 0.198))
            m.add("steel", box((x0 + 0.006, a, z - 0.075), (x1 - 0.006, b, z - 0.008), 0.004), hull="cheek")
            for x in (x0 + r, x1 - r):
                c, d = sorted((s * 0.196, s * 0.203))
                m.add("dark_steel", cylinder((x, c, z - r), (x, d, z - r), 0.014, 12, 0.001))
        motor(m, ((x0 + x1) / 2, 0.03, z - 0.13), (0, 1, 0), 0.04, 0.15, "anthracite")
        mid = (x0 + x1) / 2
        m.solid("motor", (mid - 0.045, 0.02, z - 0.18), (mid + 0.045, 0.19, z - 0.08))
    # weigh cell under the middle belt, frame of square tube
    m.add("white", rbox((-0.14, -0.13, 0.66), (0.14, 0.02, 0.84), 0.02, "xz", 0.008), hull="cell")
    m.add("teal", box((-0.142, -0.132, 0.70), (0.142, 0.0, 0.72), 0.001))
    for y in (-0.22, 0.22):
        m.add("steel", box((-0.70, y - 0.025, 0.60), (0.70, y + 0.025, 0.65), 0.004), hull="rail")
        m.add("steel", box((-0.62, y - 0.02, 0.22), (0.62, y + 0.02, 0.26), 0.004), hull="rail")
        for x in (-0.64, 0.64):
            m.add("steel", box((x - 0.025, y - 0.025, 0.05), (x + 0.025, y + 0.025, 0.60), 0.004), hull="leg")
            foot(m, x, y, 0.05, 0.045)
    for x in (-0.64, -0.15, 0.15, 0.64):
        m.add("steel", box((x - 0.02, -0.20, 0.605), (x + 0.02, 0.20, 0.645), 0.003), hull="cross")
    for x in (-0.60, -0.38, 0.38, 0.60):
        for y in (-0.15, 0.15):
            m.add("steel", box((x - 0.012, y - 0.012, 0.64), (x + 0.012, y + 0.012, 0.84), 0.002), hull="strut")
    # light barrier at the weigh belt, draught shield over it, display on a mast
    m.add("light_grey", rbox((-0.12, 0.22, 0.30), (0.12, 0.34, 0.58), 0.012, "xz", 0.006), hull="cabinet")
    m.add("steel", box((-0.025, 0.27, 0.58), (0.025, 0.32, 1.52), 0.004), hull="mast")
    m.add("anthracite", box((-0.03, 0.19, 1.44), (0.03, 0.30, 1.48), 0.004), hull="bracket")
    pendant(m, -0.16, 0.16, 1.34, 1.62, 0.15, 0.04)
    for x in (-0.235, 0.235):
        for y in (-0.205, 0.205):
            m.add("steel", cylinder((x, y, 0.86), (x, y, 1.16), 0.008, 8), hull="post")
    for y in (-0.21, 0.21):
        m.add("glass", box((-0.24, y - 0.003, 0.93), (0.24, y + 0.003, 1.16), 0.001), hull="shield")
    m.add("glass", box((-0.24, -0.21, 1.16), (0.24, 0.21, 1.166), 0.001), hull="shield")
    for y in (-0.215, 0.215):
        m.add("black", box((-0.29, y - 0.012, 0.90), (-0.265, y + 0.012, 0.96), 0.003), hull="barrier")
    # reject bin below the discharge belt's front side, pusher opposite
    m.add("red", rbox((0.36, -0.35, 0.30), (0.64, -0.25, 0.56), 0.015, "xz", 0.006), hull="reject")
    m.add("steel", cylinder((0.50, 0.205, 0.955), (0.50, 0.34, 0.955), 0.022, 16), hull="pusher")
    m.add("black", rbox((0.42, 0.195, 0.915), (0.58, 0.21, 0.995), 0.01, "xz", 0.003), hull="pusher")
    tower(m, 0.0, 0.295, 1.52 + 0.10, 0.24)
    return m


def packing() -> Model:
    """A roller lane with a tray clamped in the middle, into which an arm packs; empty trays wait above the back."""
    m = Model("packing_station")
    half_x, _ = PACKING
    lane(m, -half_x, half_x, 0.0, "teal")
    for x in (-0.48, 0.48):
        legs(m, x, 0.0, 0.20)
    motor_box(m, 0.0, 0.0)
    chevrons(m, -0.45, -FRAME, 1, -1)
    chevrons(m, 0.35, -FRAME, 1, -1)
    tray(m, 0.0, 0.0, BELT_TOP)
    for s in (-1, 1):  # clamps: a low pad on each side of the tray
        a, b = sorted((s * 0.152, s * 0.235))
        m.add("anthracite", box((-0.06, a, BELT_TOP + 0.002), (0.06, b, BELT_TOP + 0.028), 0.004), hull="clamp")
        a, b = sorted((s * 0.147, s * 0.155))
        m.add("black", box((-0.10, a, BELT_TOP + 0.002), (0.10, b, BELT_TOP + 0.034), 0.002))
    # magazine of empty trays at the back, label printer, screen
    for x in (-0.36, 0.36):
        m.add("mid_grey", box((x - 0.0225, 0.385, 0.05), (x + 0.0225, 0.43, 1.70), 0.003), hull="post")
        foot(m, x, 0.4075, 0.05, 0.04)
    for z in (1.02, 1.68):
        m.add("mid_grey", box((-0.36, 0.388, z - 0.02), (0.36, 0.427, z + 0.02), 0.003), hull="beam")
    for k in range(6):
        z = 1.06 + 0.055 * k
        outer = rounded(rect(-0.195, 0.29, 0.195, 0.445), 0.006, 2)
        inner = rounded(rect(-0.19, 0.295, 0.19, 0.44), 0.005, 2)
        m.add("cardboard", prism(outer, z, z + 0.045, "xy", 0.0, [inner]))
        m.add("cardboard", prism(inner, z, z + 0.003, "xy"))
    m.add("mid_grey", box((-0.20, 0.285, 1.04), (0.20, 0.445, 1.056), 0.002))
    m.solid("magazine", (-0.20, 0.285, 1.035), (0.20, 0.448, 1.40))
    m.add("light_grey", rbox((0.30, 0.29, 1.06), (0.52, 0.44, 1.30), 0.02, "xz", 0.008), hull="printer")
    m.add("white", box((0.36, 0.286, 1.12), (0.46, 0.292, 1.20), 0))
    pendant(m, -0.54, -0.30, 1.28, 1.60, 0.32, 0.05)
    tower(m, 0.36, 0.4075, 1.70, 0.26)
    return m


def tray(m: Model, x: float, y: float, z: float) -> None:
    """An open display tray about (x, y), standing at z: a floor and four low walls."""
    a, b, h = TRAY[0] / 2, TRAY[1] / 2, TRAY[2]
    m.add("cardboard", box((x - a, y - b, z), (x + a, y + b, z + TRAY_FLOOR), 0), hull="tray")
    for s in (-1, 1):
        u0, u1 = sorted((s * a, s * (a - 0.004)))
        m.add("cardboard", box((x + u0, y - b, z), (x + u1, y + b, z + h), 0), hull="tray")
        v0, v1 = sorted((s * b, s * (b - 0.004)))
        m.add("cardboard", box((x - a, y + v0, z), (x + a, y + v1, z + h), 0), hull="tray")
        m.add("teal", box((x - 0.10, y + s * b - 0.0006, z + 0.012), (x + 0.10, y + s * b + 0.0006, z + 0.038), 0))


def _end(name: str, colour: str, way: int) -> Model:
    """A roller conveyor's end: its other end lies at the back, an arm takes or brings cartons at the front."""
    m = Model(name)
    _, half = CONVEYOR_END
    side = Model("lane")
    lane(side, -half, half, 0.0, colour)
    for x in (-0.36, 0.36):
        legs(side, x, 0.0, 0.20)
    motor_box(side, 0.10, 0.0)
    for s in (-1, 1):
        chevrons(side, -0.30 * way, s * FRAME, -way, s)
    turned = side.turned(90)  # its right end points to the back
    for tint, meshes in turned.visuals.items():
        m.add(tint, *meshes)
    for piece, hull in turned.hulls:
        m.hull(piece.rsplit("_", 1)[0], hull.vertices)
    m.add(colour, box((-LANE, -half, BELT_TOP - 0.04), (LANE, -half + 0.016, BELT_TOP + 0.035), 0.004), hull="stop")
    for x in (-0.12, 0.12):
        m.add("black", cylinder((x, -half + 0.014, BELT_TOP + 0.016), (x, -half + 0.026, BELT_TOP + 0.016), 0.011, 12))
    for s in (-1, 1):
        a, b = sorted((s * 0.212, s * 0.245))
        m.add(colour, box((a, -half + 0.02, BELT_TOP + 0.004), (b, 0.30, BELT_TOP + 0.03), 0.004), hull="guide")
        a, b = sorted((s * 0.236, s * 0.262))
        m.add("black", box((a, -0.12, BELT_TOP + 0.006), (b, -0.09, BELT_TOP + 0.075), 0.003), hull="barrier")
    m.add("light_grey", rbox((0.252, 0.10, 0.56), (0.28, 0.26, 0.76), 0.012, "yz", 0.004), hull="switch_box")
    return m


def infeed() -> Model:
    """Cartons come from the back, an arm picks them at the front."""
    return _end("carton_infeed", "blue", 1)


def outfeed() -> Model:
    """An arm places cartons at the front, they leave at the back."""
    return _end("carton_outfeed", "green", -1)


def carton_part() -> Model:
    """The carton as a part of its own."""
    m = Model("part_box")
    carton(m, 0.0, 0.0, 0.0)
    m.solid("box", (-0.15, -0.10, 0.0), (0.15, 0.10, 0.15))
    return m
