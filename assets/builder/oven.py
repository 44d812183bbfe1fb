"""batch_oven: a chamber oven with circulating air; its insulated door rises in a frame, powered (m)."""

from .details import fan, foot, handle, louvres, motor, pendant, tower, window
from .model import Model
from .shapes import box, cylinder, prism, rbox, rect, rounded

X, FRONT, BACK = 0.55, -0.50, 0.58  # half width of the body, its front and back faces
TOP = 1.82
OPEN_X, OPEN_Z = (-0.30, 0.30), (0.80, 1.40)
AT = (0.0, -0.22, 1.08)
SEAT = 0.055  # m from the tool centre point to the carrier's face
LEAF_X, LEAF_Z = 0.362, (0.74, 1.46)  # the door's half width, and its lower and upper edge when shut
LIFT = 0.70  # m that the door rises: its lower edge stands above the opening, out of an arm's way
FRAME = 2.22  # top of the frame that carries the door


def build() -> Model:
    """The oven; its door is a link of its own."""
    m = Model("batch_oven")
    for x in (-0.46, 0.46):
        for y in (FRONT + 0.08, BACK - 0.08):
            foot(m, x, y, 0.10)
    m.add("anthracite", box((-X, FRONT + 0.02, 0.08), (X, BACK, 0.66), 0.012), hull="base")
    m.add("orange", box((-X - 0.002, FRONT + 0.016, 0.66), (X + 0.002, BACK + 0.002, 0.685), 0.002), hull="stripe")
    louvres(m, "xz", -0.40, 0.20, 0.05, 0.52, FRONT + 0.02, -1, 8, "mid_grey")
    m.add("mid_grey", rbox((0.12, FRONT + 0.01, 0.16), (0.46, FRONT + 0.03, 0.58), 0.02, "xz", 0.004), hull="flap")
    m.add("black", rbox((0.16, FRONT - 0.006, 0.34), (0.185, FRONT + 0.014, 0.44), 0.008, "xz", 0.003))
    _shell(m)
    _chamber(m)
    _door(m)
    pendant(m, 0.405, 0.545, 1.02, 1.44, FRONT - 0.045, 0.05)
    tower(m, 0.46, 0.0, TOP, 0.26)
    return m


def _shell(m: Model) -> None:
    y1 = FRONT + 0.06
    wide = rounded(rect(OPEN_X[0] - 0.01, OPEN_Z[0] - 0.01, OPEN_X[1] + 0.01, OPEN_Z[1] + 0.01), 0.03)
    opening = rounded(rect(OPEN_X[0], OPEN_Z[0], OPEN_X[1], OPEN_Z[1]), 0.02)
    m.add("light_grey", prism(rounded(rect(-X, 0.69, X, TOP), 0.015, 2), FRONT, y1, "xz", 0.006, [wide]))
    frame = rounded(rect(OPEN_X[0] - 0.06, OPEN_Z[0] - 0.06, OPEN_X[1] + 0.06, OPEN_Z[1] + 0.06), 0.04)
    m.add("steel", prism(frame, FRONT - 0.012, y1 + 0.01, "xz", 0.004, [opening]))
    m.solid("front_left", (-X, FRONT - 0.012, 0.68), (OPEN_X[0] + 0.002, y1 + 0.01, TOP))
    m.solid("front_right", (OPEN_X[1] - 0.002, FRONT - 0.012, 0.68), (X, y1 + 0.01, TOP))
    m.solid("front_top", (OPEN_X[0], FRONT - 0.012, OPEN_Z[1] - 0.002), (OPEN_X[1], y1 + 0.01, TOP))
    m.solid("front_sill", (OPEN_X[0], FRONT - 0.012, 0.68), (OPEN_X[1], y1 + 0.01, OPEN_Z[0] + 0.002))
    for s in (-1, 1):
        a, b = sorted((s * X, s * (X - 0.04)))
        m.add("light_grey", box((a, y1 - 0.005, 0.69), (b, BACK, TOP), 0.008))
        w = s * X
        a, b = sorted((w, w + 0.005 * s))
        m.add("white", prism(rounded(rect(-0.36, 0.78, 0.48, 1.72), 0.03), a, b, "yz", 0.002))
        a, b = sorted((w + 0.004 * s, w + 0.007 * s))
        for k in range(3):  # rising heat, so that one sees from afar what it does
            u = -0.10 + 0.14 * k
            wave = [(u, 1.02), (u + 0.05, 1.12), (u + 0.01, 1.22), (u + 0.06, 1.34), (u + 0.095, 1.34),
                    (u + 0.05, 1.22), (u + 0.09, 1.12), (u + 0.04, 1.02)]  # fmt: skip
            m.add("orange", prism(wave[::-1], a, b, "yz"))
    m.add("light_grey", box((-X + 0.03, y1 - 0.005, TOP - 0.04), (X - 0.03, BACK, TOP), 0.008))
    m.add("light_grey", box((-X + 0.03, BACK - 0.04, 0.69), (X - 0.03, BACK, TOP - 0.03), 0.0))
    louvres(m, "xz", -0.40, 0.80, 0.40, 1.05, BACK, 1, 8)
    fan(m, "xz", -0.20, 1.50, BACK, 1, 0.10)
    fan(m, "xz", 0.20, 1.50, BACK, 1, 0.10)
    # circulation fan's motor and exhaust on the roof
    motor(m, (-0.12, 0.15, TOP), (0, 0, 1), 0.09, 0.26, "blue")
    m.solid("motor", (-0.22, 0.05, TOP), (-0.02, 0.25, TOP + 0.27))
    m.add("steel", cylinder((0.20, 0.30, TOP - 0.01), (0.20, 0.30, TOP + 0.30), 0.07, 24), hull="stack")
    m.add("steel", cylinder((0.20, 0.30, TOP + 0.27), (0.20, 0.30, TOP + 0.30), 0.10, 24), hull="stack")
    m.add("white", rbox((-0.30, FRONT - 0.008, 1.56), (0.20, FRONT + 0.004, 1.70), 0.02, "xz", 0.002))
    for k in range(4):
        m.add(
            "orange", prism(rect(-0.27 + 0.03 * k, 1.60, -0.255 + 0.03 * k, 1.66), FRONT - 0.011, FRONT - 0.006, "xz")
        )


def _chamber(m: Model) -> None:
    back = 0.16
    y0 = FRONT + 0.065
    for s in (-1, 1):
        a, b = sorted((s * 0.335, s * 0.325))
        m.add("steel", box((a, y0, 0.76), (b, back, 1.44), 0))
        for k in range(6):  # air slots
            z = 0.86 + 0.09 * k
            a, b = sorted((s * 0.325, s * 0.322))
            m.add("black", box((a, -0.36, z), (b, 0.10, z + 0.02), 0))
    m.add("steel", box((-0.335, y0, 0.76), (0.335, back, 0.772), 0))
    m.add("steel", box((-0.335, y0, 1.428), (0.335, back, 1.44), 0))
    m.add("mid_grey", box((-0.335, back, 0.76), (0.335, back + 0.02, 1.44), 0))
    m.solid("left", (-X, FRONT, 0.68), (-0.322, BACK, TOP))
    m.solid("right", (0.322, FRONT, 0.68), (X, BACK, TOP))
    m.solid("floor", (-X, FRONT + 0.06, 0.66), (X, BACK, 0.772))
    m.solid("roof", (-X, FRONT + 0.06, 1.428), (X, BACK, TOP))
    m.solid("rear", (-X, back, 0.68), (X, BACK, TOP))
    # carrier: an upright plate with pins, against which the part's underside lies
    face = AT[1] + SEAT
    plate = rounded(rect(-0.16, 0.80, 0.16, AT[2] + 0.13), 0.02)
    m.add("dark_steel", prism(plate, face, face + 0.02, "xz", 0.003), hull="carrier")
    for x in (-0.12, 0.11):
        rib = [(face + 0.015, 0.80), (back, 0.80), (face + 0.015, AT[2] + 0.08)]
        m.add("dark_steel", prism(rib, x, x + 0.012, "yz"), hull="rib")
    m.add("dark_steel", box((-0.20, -0.20, 0.772), (0.20, back, 0.802), 0.004), hull="shelf")
    for x in (-0.11, 0.11):
        for z in (-0.095, 0.095):
            m.add("steel", cylinder((x, face - 0.025, AT[2] + z), (x, face, AT[2] + z), 0.009, 12, 0.001))


def _door(m: Model) -> None:
    """A lift door hangs on two chains from a shaft over its frame; counterweights run in the frame's posts."""
    for s in (-1, 1):
        a, b = sorted((s * (LEAF_X + 0.006), s * (LEAF_X + 0.036)))
        m.add("anthracite", box((a, FRONT - 0.075, 0.69), (b, FRONT + 0.004, FRAME), 0.004), hull="post")
        a, b = sorted((s * (LEAF_X + 0.008), s * (LEAF_X + 0.034)))  # stay from the post back to the roof
        stay = [(FRONT + 0.002, FRAME - 0.12), (FRONT + 0.002, FRAME - 0.19), (0.02, TOP - 0.01), (0.09, TOP - 0.01)]
        m.add("anthracite", prism(stay, a, b, "yz"), hull="stay")
        x = s * (LEAF_X - 0.05)  # sprockets under the head beam
        m.add("dark_steel", cylinder((x - 0.012, FRONT - 0.04, FRAME - 0.02), (x + 0.012, FRONT - 0.04, FRAME - 0.02),
                                     0.03, 20), hull="sprocket")  # fmt: skip
    ends = LEAF_X + 0.036
    m.add("anthracite", box((-ends, FRONT - 0.075, FRAME - 0.045), (ends, FRONT + 0.004, FRAME), 0.004), hull="head")
    m.add("steel", cylinder((-0.34, FRONT - 0.04, FRAME + 0.012), (0.20, FRONT - 0.04, FRAME + 0.012), 0.012, 14),
          hull="shaft")  # fmt: skip
    m.add("light_grey", rbox((0.17, FRONT - 0.08, FRAME - 0.02), (0.30, FRONT + 0.03, FRAME + 0.075), 0.015, "xz",
                             0.004), hull="gear")  # fmt: skip
    motor(m, (0.235, FRONT + 0.03, FRAME + 0.025), (0, 1, 0), 0.05, 0.19, "blue")
    m.solid("door_drive", (0.18, FRONT + 0.02, FRAME - 0.04), (0.29, FRONT + 0.225, FRAME + 0.085))
    # geared motor and counterweights: 0.70 m in 1.7 s (assumed)
    door = m.axis("door", 32.0, direction=(0, 0, 1), travel=(0, LIFT), speed=0.5, acceleration=1.5, load=LIFT, work=0)
    x1, (z0, z1) = LEAF_X, LEAF_Z
    y0, y1 = FRONT - 0.080, FRONT - 0.014
    leaf = rounded(rect(-x1, z0, x1, z1), 0.02)
    pane = rounded(rect(-0.14, 1.00, 0.14, 1.24), 0.03)
    door.add("orange", prism(leaf, y0, y1 - 0.02, "xz", 0.010, [pane]))
    door.add(
        "black", prism(rounded(rect(-x1 + 0.02, z0 + 0.02, x1 - 0.02, z1 - 0.02), 0.03), y1 - 0.022, y1, "xz", 0.004)
    )
    window(door, "xz", -0.15, 0.99, 0.15, 1.25, y0, -1, 0.035)
    handle(door, (-0.12, y0, z0 + 0.10), (0.12, y0, z0 + 0.10), (0, -0.020, 0))
    for s in (-1, 1):  # hangers of the chains
        x = s * (LEAF_X - 0.05)
        door.add("dark_steel", box((x - 0.02, y0 + 0.02, z1 - 0.005), (x + 0.02, y0 + 0.045, z1 + 0.012), 0.002))
    door.solid("door", (-x1, y0 - 0.010, z0), (x1, y1 - 0.002, z1))
