"""cnc_lathe: a compact single-spindle chucker whose spindle faces the front, as robot-loaded ones do (m)."""

import numpy as np

from .details import fan, foot, handle, louvres, motor, pendant, tower, window
from .model import Model
from .shapes import box, circle, cylinder, pipe, prism, rbox, rect, revolve, rounded, turn

X, FRONT, BACK = 0.80, -0.60, 0.66  # half width, front face of the body, its back face
TOP = 1.80
OPEN_X, OPEN_Z = (-0.11, 0.52), (0.78, 1.42)  # loading opening
SLIDE = 0.67  # m that the door runs to the left
AT = (0.27, -0.30, 1.08)  # where the tool centre point holds a part, on the spindle's axis
SEAT = 0.055  # m from the tool centre point to the chuck's face
TURRET = (-0.02, 1.20)  # x, z of the turret's axis


def build() -> Model:
    """The lathe; its door is a link of its own."""
    m = Model("cnc_lathe")
    _base(m)
    _cover(m)
    _door(m)
    _inside(m)
    _conveyor(m)
    pendant(m, 0.56, 0.79, 0.92, 1.58, -0.68)
    m.add("anthracite", box((0.60, -0.61, 1.1), (0.75, -0.55, 1.4)))
    tower(m, -0.66, -0.30, TOP, 0.28)
    return m


def _base(m: Model) -> None:
    for x in (-0.70, 0.48):
        for y in (-0.48, 0.54):
            foot(m, x, y, 0.12)
    low = [(FRONT + 0.05, 0.10), (BACK - 0.02, 0.10), (BACK - 0.02, 0.68), (FRONT, 0.68), (FRONT, 0.36)]
    m.add("anthracite", prism(rounded(low, 0.012, 2), -X, 0.56, "yz", 0.008), hull="base")
    m.add("anthracite", box((0.56, FRONT, 0.60), (X, BACK - 0.02, 0.68), 0.008), hull="base")
    m.add("teal", box((-X - 0.002, FRONT - 0.004, 0.672), (X + 0.002, BACK - 0.016, 0.696), 0.002), hull="stripe")
    m.add("mid_grey", rbox((-0.62, FRONT - 0.02, 0.14), (0.40, FRONT + 0.1, 0.34), 0.015, "xz"), hull="tank")
    for x in (-0.4, 0.18):
        handle(m, (x - 0.06, FRONT - 0.018, 0.25), (x + 0.06, FRONT - 0.018, 0.25), (0, -0.02, 0))
    louvres(m, "yz", -0.1, 0.2, 0.45, 0.56, -X, -1, 8, "mid_grey")


def _cover(m: Model) -> None:
    side = rounded(
        [(FRONT, 0.69), (BACK, 0.69), (BACK, TOP), (FRONT + 0.22, TOP), (FRONT, 1.50)],
        [0.01, 0.02, 0.05, 0.12, 0.12],
        5,
    )
    for x0, x1 in ((-X, -X + 0.05), (0.56, X)):
        m.add("white", prism(side, x0, x1, "yz", 0.01), hull="side")
    # front: flat up to 1.50 m, then it leans back; opening and door lie in the flat part
    opening = rounded(rect(OPEN_X[0], OPEN_Z[0], OPEN_X[1], OPEN_Z[1]), 0.04)
    wider = rounded(rect(OPEN_X[0] - 0.01, OPEN_Z[0] - 0.01, OPEN_X[1] + 0.01, OPEN_Z[1] + 0.01), 0.05)
    m.add("white", prism(rect(-X + 0.04, 0.69, 0.57, 1.47), FRONT + 0.004, FRONT + 0.05, "xz", 0.004, [wider]))
    ring = rounded(rect(OPEN_X[0] - 0.03, OPEN_Z[0] - 0.03, OPEN_X[1] + 0.03, OPEN_Z[1] + 0.03), 0.06)
    m.add("anthracite", prism(ring, FRONT - 0.006, FRONT + 0.06, "xz", 0.004, [opening]))
    brow = rounded(
        [
            (FRONT + 0.004, 1.46),
            (FRONT + 0.20, 1.46),
            (FRONT + 0.30, TOP - 0.002),
            (FRONT + 0.22, TOP - 0.002),
            (FRONT + 0.004, 1.505),
        ],
        [0, 0, 0, 0.10, 0.11],
        5,
    )
    m.add("white", prism(brow, -X + 0.04, 0.57, "yz"))
    m.hull(
        "brow",
        [
            [x, y, z]
            for x in (-X, 0.57)
            for y, z in ((FRONT, 1.44), (FRONT, 1.50), (FRONT + 0.22, TOP), (FRONT + 0.30, TOP), (FRONT + 0.20, 1.44))
        ],
    )
    slope = np.array([0.22, 0.30])  # the brow's leaning face, from (FRONT, 1.50) to the roof
    proud = np.array([-0.0024, 0.0018])
    for t0, t1, x0, x1 in ((0.36, 0.50, -X + 0.055, 0.555), (0.60, 0.72, 0.14, 0.555)):
        low, high = np.array([FRONT, 1.50]) + t0 * slope, np.array([FRONT, 1.50]) + t1 * slope
        m.add("teal", prism([low - proud, high - proud, high + proud, low + proud], x0, x1, "yz"))
    m.add("white", box((-X + 0.04, FRONT + 0.22, TOP - 0.05), (0.57, BACK - 0.01, TOP - 0.004), 0.006), hull="roof")
    m.add("light_grey", box((-X + 0.04, BACK - 0.05, 0.69), (0.57, BACK - 0.006, TOP - 0.01), 0.006), hull="rear")
    y0, y1 = FRONT - 0.01, FRONT + 0.06
    m.solid("front_left", (-X, y0, 0.69), (OPEN_X[0] + 0.004, y1, 1.50))
    m.solid("front_right", (OPEN_X[1] - 0.004, y0, 0.69), (0.58, y1, 1.50))
    m.solid("front_top", (OPEN_X[0], y0, OPEN_Z[1] - 0.004), (OPEN_X[1], y1, 1.50))
    m.solid("front_sill", (OPEN_X[0], y0, 0.69), (OPEN_X[1], y1, OPEN_Z[0] + 0.004))
    # electrical cabinet's door and cooling at the back, mist extractor on the roof
    m.add("white", rbox((-0.70, BACK - 0.01, 0.76), (-0.06, BACK + 0.008, 1.72), 0.02, "xz", 0.004), hull="back_door")
    m.add("white", rbox((0.0, BACK - 0.01, 0.76), (0.64, BACK + 0.008, 1.72), 0.02, "xz", 0.004), hull="back_door")
    for x in (-0.12, 0.06):
        m.add("black", rbox((x - 0.012, BACK + 0.006, 1.16), (x + 0.012, BACK + 0.018, 1.32), 0.008, "xz", 0.003))
    fan(m, "xz", -0.38, 1.52, BACK + 0.008, 1, 0.08)
    louvres(m, "xz", -0.55, 0.86, -0.2, 1.08, BACK + 0.008, 1, 6)
    louvres(m, "xz", 0.15, 0.86, 0.5, 1.08, BACK + 0.008, 1, 6)
    m.add("red", box((0.26, BACK + 0.006, 1.46), (0.36, BACK + 0.014, 1.56), 0))
    m.add("black", cylinder((0.31, BACK + 0.008, 1.51), (0.31, BACK + 0.02, 1.51), 0.025, 16))
    m.add("light_grey", cylinder((0.30, 0.34, TOP - 0.01), (0.30, 0.34, TOP + 0.06), 0.09, 24), hull="mist")
    m.add("white", cylinder((0.30, 0.34, TOP + 0.05), (0.30, 0.34, TOP + 0.22), 0.135, 28, 0.015), hull="mist")
    m.add("anthracite", prism(circle(0.1, (0.30, 0.34), 24), TOP + 0.218, TOP + 0.228, "xy", 0.002))
    window(m, "yz", -0.32, 1.02, 0.12, 1.42, -X, -1)


def _door(m: Model) -> None:
    x0, x1, z0, z1 = OPEN_X[0] - 0.015, OPEN_X[1] + 0.015, 0.75, 1.46
    for z in (z0 - 0.022, z1 + 0.004):
        m.add("steel", box((-0.79, FRONT - 0.04, z), (0.545, FRONT, z + 0.018), 0.003), hull="rail")
    # servo sliding door; 0.6 m/s keeps its closing below 10 J (assumed)
    door = m.axis(
        "door", 24.0, direction=(-1, 0, 0), travel=(0, SLIDE), speed=0.6, acceleration=2.0, load=SLIDE, work=0
    )
    pane = rounded(rect(x0 + 0.13, z0 + 0.14, x1 - 0.08, z1 - 0.10), 0.05)
    door.add("teal", prism(rounded(rect(x0, z0, x1, z1), 0.03), FRONT - 0.045, FRONT - 0.008, "xz", 0.006, [pane]))
    window(door, "xz", x0 + 0.12, z0 + 0.13, x1 - 0.07, z1 - 0.09, FRONT - 0.045, -1, 0.055)
    handle(door, (x0 + 0.065, FRONT - 0.045, 0.95), (x0 + 0.065, FRONT - 0.045, 1.27), (0, -0.028, 0))
    door.solid("door", (x0, FRONT - 0.055, z0), (x1, FRONT - 0.013, z1))


def _inside(m: Model) -> None:
    m.add("light_grey", prism([(FRONT + 0.06, 0.70), (0.05, 0.70), (0.05, 0.78)], -0.72, 0.56, "yz"), hull="floor")
    cheek = [(FRONT + 0.06, 0.70), (0.05, 0.70), (0.05, 1.74), (FRONT + 0.24, 1.74), (FRONT + 0.06, 1.49)]
    for x in (-0.746, 0.548):
        m.add("light_grey", prism(cheek, x, x + 0.006, "yz"))
    m.add("light_grey", box((-0.745, 0.03, 0.70), (0.556, 0.05, 1.74), 0))
    m.solid("headstock", (-0.75, 0.02, 0.69), (0.57, BACK - 0.04, TOP - 0.04))
    m.add("white", box((-0.05, FRONT + 0.07, 1.455), (0.45, FRONT + 0.11, 1.475), 0.003))
    # spindle nose and three-jaw chuck, its face SEAT behind the tool centre point
    x, face, z = AT[0], AT[1] + SEAT, AT[2]
    m.add(
        "mid_grey",
        revolve([(0.17, 0), (0.17, 0.16), (0.15, 0.19), (0.13, 0.20)], (x, 0.05, z), (0, -1, 0), 40),
        hull="nose",
    )
    chuck = [(0.105, 0.0), (0.105, 0.012), (0.11, 0.016), (0.11, 0.085), (0.104, 0.092)]
    m.add("steel", revolve(chuck, (x, face + 0.092, z), (0, -1, 0), 40), hull="chuck")
    m.add("black", cylinder((x, face - 0.001, z), (x, face + 0.01, z), 0.026, 20, 0))
    for k in range(3):
        master = box((x - 0.022, face - 0.014, z + 0.049), (x + 0.022, face + 0.02, z + 0.108), 0.003)
        top = box((x - 0.016, face - 0.020, z + 0.049), (x + 0.016, face - 0.012, z + 0.090), 0.003)
        for jaw in (master, top):
            m.add("dark_steel", turn(jaw, 120 * k, (0, 1, 0), (x, 0, z)), hull="jaw")
        m.add(
            "black",
            turn(
                cylinder((x, face - 0.002, z + 0.1), (x, face + 0.002, z + 0.1), 0.006, 8, 0),
                120 * k + 60,
                (0, 1, 0),
                (x, 0, z),
            ),
        )
    # ten-station disc turret on a cross slide, its axis parallel to the spindle's
    tx, tz = TURRET
    m.add("mid_grey", rbox((tx - 0.16, -0.13, tz - 0.17), (tx + 0.10, 0.04, tz + 0.17), 0.03, "xz", 0.01), hull="slide")
    for zz in (tz - 0.28, tz + 0.22):
        m.add("steel", box((-0.72, -0.02, zz), (0.08, 0.035, zz + 0.045), 0.004), hull="way")
    m.add("dark_steel", prism(circle(0.125, (tx, tz), 10), -0.22, -0.13, "xz", 0.006))
    m.add("steel", revolve([(0.05, 0), (0.05, 0.012), (0.035, 0.02)], (tx, -0.218, tz), (0, -1, 0), 24))
    for k in range(10):
        holder = box((tx - 0.019, -0.215, tz + 0.112), (tx + 0.019, -0.145, tz + 0.14), 0.003)
        m.add("steel", turn(holder, 36 * k, (0, 1, 0), (tx, 0, tz)))
        if k % 2:
            tool = cylinder((tx, -0.26, tz + 0.125), (tx, -0.20, tz + 0.125), 0.009, 10)
        else:
            tool = box((tx - 0.007, -0.205, tz + 0.138), (tx + 0.007, -0.18, tz + 0.165), 0.002)
        m.add("dark_steel" if k % 2 else "black", turn(tool, 36 * k, (0, 1, 0), (tx, 0, tz)))
    disc = circle(0.162, (tx, tz), 16)
    m.hull("turret", np.array([[u, y, v] for u, v in disc for y in (-0.25, -0.13)]))
    m.add("orange", pipe([(0.44, 0.03, 1.36), (0.44, -0.14, 1.36), (0.38, -0.20, 1.26)], 0.009, 0.04, 8))
    m.solid("coolant", (0.36, -0.21, 1.25), (0.46, 0.03, 1.375))


def _conveyor(m: Model) -> None:
    """Chip conveyor: flat under the machine, rising on the right to a spout above a swarf bin."""
    run = rounded([(0.36, 0.06), (0.56, 0.06), (X, 0.40), (X, 0.595), (0.66, 0.595), (0.40, 0.24)], 0.02, 3)
    m.add("light_grey", prism(run, -0.14, 0.26, "xz", 0.006), hull="conveyor")
    m.add("teal", box((0.655, -0.148, 0.47), (0.785, -0.136, 0.58), 0.003))
    for k in range(3):
        p = (0.52 + 0.07 * k, 0.14 + 0.118 * k)
        m.add("dark_steel", cylinder((p[0], -0.146, p[1]), (p[0], -0.136, p[1]), 0.016, 12, 0))
    motor(m, (0.72, -0.148, 0.53), (0, -1, 0), 0.048, 0.20, "teal")
    m.solid("conveyor_motor", (0.665, -0.35, 0.475), (0.775, -0.14, 0.585))
    bin_ring = rounded(rect(0.60, -0.16, X - 0.005, 0.28), 0.02, 3)
    inner = rounded(rect(0.612, -0.148, X - 0.017, 0.268), 0.012, 3)
    m.add("mid_grey", prism(bin_ring, 0.05, 0.10, "xy", 0.004))
    m.add("mid_grey", prism(bin_ring, 0.09, 0.34, "xy", 0.0, [inner]))
    m.add("yellow", box((0.62, -0.163, 0.26), (X - 0.025, -0.159, 0.30), 0))
    for x in (0.64, X - 0.05):
        for y in (-0.11, 0.23):
            m.add("black", cylinder((x - 0.012, y, 0.025), (x + 0.012, y, 0.025), 0.025, 12))
    m.solid("bin", (0.60, -0.163, 0.0), (X - 0.005, 0.28, 0.34))
