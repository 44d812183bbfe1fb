"""cnc_mill: a compact vertical machining centre whose front door lifts out of the robot's way (m)."""

from .details import fan, foot, handle, louvres, motor, pendant, tower, window
from .model import Model
from .shapes import box, circle, cylinder, pipe, prism, rbox, rect, revolve, rounded

X, FRONT, BACK = 0.525, -1.0, 1.1  # half width of the body, its front and back faces
OPEN_X, OPEN_Z = (-0.46, 0.20), (0.84, 1.52)  # loading opening
LIFT = 0.725  # m that the door rises
CENTRE = -0.13  # x of spindle, table and opening
AT = (CENTRE, -0.62, 1.06)  # where the tool centre point holds a part
SEAT = 0.055  # m from the tool centre point to the fixture's face (a part is held 50 mm above its underside)


def build() -> Model:
    """The mill; its door is a link of its own."""
    m = Model("cnc_mill")
    _base(m)
    _cabin(m)
    _door(m)
    _inside(m)
    _rear(m)
    pendant(m, 0.25, 0.53, 0.98, 1.72, -1.09)
    m.add("anthracite", box((0.33, -1.02, 1.10), (0.45, -0.98, 1.6)))
    tower(m, 0.42, -0.72, 2.30, 0.28)
    return m


def _base(m: Model) -> None:
    for x in (-0.44, 0.44):
        for y in (-0.88, 0.0, 0.92):
            foot(m, x, y, 0.14)
    m.add("anthracite", box((-X, FRONT + 0.02, 0.12), (X, 0.50, 0.70), 0.012), hull="base")
    m.add("blue", box((-X - 0.002, FRONT + 0.016, 0.70), (X + 0.002, 0.502, 0.722), 0.002), hull="stripe")
    # chip drawer under the opening, with two bow handles and a sight glass
    m.add("light_grey", rbox((-0.40, FRONT - 0.025, 0.15), (0.40, FRONT + 0.06, 0.47), 0.02, "xz"), hull="drawer")
    for x in (-0.22, 0.22):
        handle(m, (x - 0.06, FRONT - 0.024, 0.36), (x + 0.06, FRONT - 0.024, 0.36), (0, -0.018, 0))
    m.add("light_blue", box((-0.012, FRONT - 0.029, 0.20), (0.012, FRONT - 0.022, 0.42), 0.002))
    louvres(m, "yz", -0.60, 0.22, -0.15, 0.52, X, 1, 8, "mid_grey")
    louvres(m, "yz", -0.60, 0.22, -0.15, 0.52, -X, -1, 8, "mid_grey")


def _cabin(m: Model) -> None:
    side = rounded(
        [(FRONT, 0.72), (0.50, 0.72), (0.50, 2.08), (-0.08, 2.30), (FRONT, 2.30)], [0.01, 0.01, 0.05, 0.08, 0.10], 5
    )
    for x0, x1, out in ((-X, -X + 0.045, -1), (X - 0.045, X, 1)):
        m.add("white", prism(side, x0, x1, "yz", 0.008), hull="wall")
        window(m, "yz", -0.74, 1.08, -0.30, 1.58, X * out, out)
        w = X * out
        a, b = sorted((w, w + 0.004 * out))
        m.add("light_grey", prism(rounded(rect(-0.02, 0.82, 0.42, 1.92), 0.02), a, b, "yz", 0.002))
        handle(m, (w, 0.02, 1.28), (w, 0.02, 1.44), (0.018 * out, 0, 0), "anthracite")
    opening = rounded(rect(OPEN_X[0], OPEN_Z[0], OPEN_X[1], OPEN_Z[1]), 0.05)
    face = rounded(rect(-X + 0.02, 0.72, X - 0.02, 2.28), 0.02)
    wider = rounded(rect(OPEN_X[0] - 0.01, OPEN_Z[0] - 0.01, OPEN_X[1] + 0.01, OPEN_Z[1] + 0.01), 0.06)
    m.add("white", prism(face, FRONT + 0.002, FRONT + 0.06, "xz", 0.006, [wider]))
    ring = rounded(rect(OPEN_X[0] - 0.03, OPEN_Z[0] - 0.03, OPEN_X[1] + 0.03, OPEN_Z[1] + 0.02), 0.07)
    m.add("anthracite", prism(ring, FRONT - 0.008, FRONT + 0.07, "xz", 0.004, [opening]))
    y0, y1 = FRONT - 0.012, FRONT + 0.07
    m.solid("front_left", (-X, y0, 0.72), (OPEN_X[0] + 0.004, y1, 2.30))
    m.solid("front_right", (OPEN_X[1] - 0.004, y0, 0.72), (X, y1, 2.30))
    m.solid("front_top", (OPEN_X[0], y0, OPEN_Z[1] - 0.004), (OPEN_X[1], y1, 2.30))
    m.solid("front_sill", (OPEN_X[0], y0, 0.72), (OPEN_X[1], y1, OPEN_Z[0] + 0.004))
    # roof: flat over the cabin, falling over the column; the Z-axis motor's cover looks out of it
    m.add("light_grey", box((-X + 0.03, FRONT + 0.08, 2.26), (X - 0.03, -0.10, 2.30), 0.01), hull="roof")
    fall = [(-0.10, 2.22), (0.49, 2.0), (0.49, 2.06), (-0.10, 2.29)]
    m.add("light_grey", prism(fall, -X + 0.03, X - 0.03, "yz"), hull="roof")
    m.add(
        "anthracite", rbox((CENTRE - 0.17, -0.02, 2.08), (CENTRE + 0.17, 0.42, 2.30), 0.05, "xy", 0.02), hull="z_motor"
    )
    louvres(m, "xz", CENTRE - 0.12, 2.14, CENTRE + 0.12, 2.27, 0.42, 1, 4, "mid_grey")


def _door(m: Model) -> None:
    for x in (OPEN_X[0] - 0.028, OPEN_X[1] + 0.010):
        m.add("steel", box((x, FRONT - 0.03, 0.79), (x + 0.018, FRONT, 2.29), 0.003), hull="rail")
    # pneumatic lift door: about 0.75 m of sheet and glass; 0.6 m/s keeps its closing below 10 J (assumed)
    door = m.axis("door", 22.0, direction=(0, 0, 1), travel=(0, LIFT), speed=0.6, acceleration=2.0, load=LIFT, work=0)
    leaf = (OPEN_X[0] - 0.012, OPEN_X[1] + 0.012, OPEN_Z[0] - 0.015, OPEN_Z[1] + 0.015)
    sash = rounded(rect(leaf[0], leaf[2], leaf[1], leaf[3]), 0.03)
    pane = rounded(rect(leaf[0] + 0.09, leaf[2] + 0.14, leaf[1] - 0.09, leaf[3] - 0.10), 0.04)
    door.add("blue", prism(sash, FRONT - 0.05, FRONT - 0.014, "xz", 0.006, [pane]))
    window(door, "xz", leaf[0] + 0.08, leaf[2] + 0.13, leaf[1] - 0.08, leaf[3] - 0.09, FRONT - 0.05, -1, 0.045)
    low = leaf[2] + 0.06
    handle(door, (CENTRE - 0.13, FRONT - 0.05, low), (CENTRE + 0.13, FRONT - 0.05, low), (0, -0.022, 0))
    door.solid("door", (leaf[0] + 0.005, FRONT - 0.058, leaf[2]), (leaf[1] - 0.005, FRONT - 0.015, leaf[3]))


def _inside(m: Model) -> None:
    m.add("steel", box((-0.48, FRONT + 0.06, 0.74), (0.48, -0.10, 0.775), 0), hull="floor")
    for x in (-0.482, 0.476):
        m.add("steel", box((x, FRONT + 0.07, 0.77), (x + 0.006, -0.10, 2.2), 0))
    m.add("mid_grey", box((-0.48, -0.12, 0.77), (0.48, -0.09, 2.2), 0))
    under_roof = [(-0.12, 0.70), (0.50, 0.70), (0.50, 2.03), (-0.10, 2.25), (-0.12, 2.25)]
    m.hull("column", [[x, y, z] for x in (-X, X) for y, z in under_roof])
    for k in range(9):  # telescopic way covers of the column
        z = 0.86 + 0.075 * k
        m.add("steel", box((CENTRE - 0.22, -0.135 - 0.004 * (k % 2), z), (CENTRE + 0.22, -0.118, z + 0.07), 0))
    m.add("white", box((-0.36, FRONT + 0.068, 1.60), (0.10, FRONT + 0.09, 1.64), 0.004))
    # saddle and table
    m.add("mid_grey", box((CENTRE - 0.22, -0.62, 0.775), (CENTRE + 0.22, -0.16, 0.85), 0.01), hull="saddle")
    m.add("steel", box((CENTRE - 0.30, -0.68, 0.85), (CENTRE + 0.30, -0.26, 0.91), 0.006), hull="table")
    for y in (-0.62, -0.47, -0.32):
        m.add("black", box((CENTRE - 0.30, y - 0.008, 0.905), (CENTRE + 0.30, y + 0.008, 0.9112), 0))
    # upright fixture: the part's underside lies against it, as the gripper brings it in level
    face = AT[1] + SEAT
    plate = rounded(rect(CENTRE - 0.155, 0.94, CENTRE + 0.155, AT[2] + 0.125), 0.02)
    m.add("dark_steel", box((CENTRE - 0.165, face, 0.911), (CENTRE + 0.165, face + 0.20, 0.945), 0.005), hull="fixture")
    m.add("dark_steel", prism(plate, face, face + 0.045, "xz", 0.004), hull="fixture")
    for x in (-0.11, 0.09):
        rib = [(face + 0.04, 0.94), (face + 0.18, 0.94), (face + 0.04, AT[2] + 0.09)]
        m.add("dark_steel", prism(rib, CENTRE + x, CENTRE + x + 0.02, "yz", 0.002), hull="fixture")
    for s in (-1, 1):  # swing clamps beside the part, swung open
        for z in (-0.075, 0.085):
            x, v = CENTRE + 0.13 * s, AT[2] + z
            m.add("blue", cylinder((x, face - 0.018, v), (x, face, v), 0.017, 14))
            m.add("steel", box((x - 0.009, face - 0.028, v - 0.009), (x + 0.009, face - 0.016, v + 0.032), 0.002))
    for x, z in ((-0.05, -0.03), (0.05, -0.03), (0.0, 0.05)):  # rest buttons the part's underside lies against
        m.add("steel", cylinder((CENTRE + x, face - 0.005, AT[2] + z), (CENTRE + x, face, AT[2] + z), 0.011, 12, 0.001))
    # spindle head with tool turret, nose and cutter
    m.add("mid_grey", rbox((CENTRE - 0.12, -0.50, 1.62), (CENTRE + 0.12, -0.12, 2.2), 0.04, "xy", 0.012), hull="head")
    nose = [(0.085, 0.0), (0.085, -0.06), (0.06, -0.09), (0.06, -0.15)]
    m.add("steel", revolve([(r, h) for r, h in reversed(nose)], (CENTRE, -0.40, 1.62)), hull="nose")
    cutter = [(0.012, -0.27), (0.012, -0.21), (0.022, -0.20), (0.022, -0.17), (0.034, -0.165), (0.034, -0.15)]
    m.add("dark_steel", revolve(cutter, (CENTRE, -0.40, 1.62), n=20), hull="tool")
    for x in (-0.085, 0.085):
        m.add(
            "orange",
            pipe(
                [(CENTRE + x, -0.49, 1.60), (CENTRE + x, -0.47, 1.52), (CENTRE + x * 0.5, -0.43, 1.44)], 0.008, 0.03, 8
            ),
        )
    m.solid("hoses", (CENTRE - 0.10, -0.51, 1.43), (CENTRE + 0.10, -0.40, 1.63))


def _rear(m: Model) -> None:
    m.add("light_grey", rbox((-0.50, 0.50, 0.52), (0.50, 1.02, 2.05), 0.02, "xy", 0.01), hull="cabinet")
    for x0, x1 in ((-0.48, -0.01), (0.01, 0.48)):
        m.add("white", rbox((x0, 1.015, 0.56), (x1, 1.03, 2.01), 0.015, "xz", 0.004), hull="cabinet_door")
    for x in (-0.06, 0.06):
        m.add("black", rbox((x - 0.012, 1.028, 1.2), (x + 0.012, 1.045, 1.36), 0.008, "xz", 0.003))
    fan(m, "xz", -0.25, 1.8, 1.03, 1, 0.08)
    fan(m, "xz", 0.25, 1.8, 1.03, 1, 0.08)
    louvres(m, "xz", 0.1, 0.64, 0.4, 0.9, 1.03, 1, 8)
    m.add("yellow", prism([(0.18, 1.42), (0.32, 1.42), (0.25, 1.54)], 1.028, 1.034, "xz"))
    m.add("red", box((-0.30, 1.028, 1.45), (-0.20, 1.034, 1.55), 0))
    m.add("black", cylinder((-0.25, 1.03, 1.5), (-0.25, 1.06, 1.5), 0.025, 20))
    # coolant tank with two pumps
    m.add("mid_grey", rbox((-X, 0.46, 0.10), (X, BACK, 0.44), 0.02, "xy", 0.008), hull="tank")
    m.add("anthracite", box((-0.48, 0.50, 0.44), (0.48, 1.0, 0.53), 0.004), hull="plinth")
    for x in (-0.42, -0.28):
        motor(m, (x, 1.055 - 0.0, 0.44), (0, 0, 1), 0.036, 0.17, "blue")
        m.solid("pump", (x - 0.04, 1.015, 0.44), (x + 0.04, 1.095, 0.61))
    m.add(
        "black",
        pipe([(-0.28, 1.055, 0.60), (-0.28, 1.055, 0.70), (-0.46, 1.055, 0.70), (-0.46, 1.055, 1.2)], 0.014, 0.04, 8),
    )
    m.solid("hose", (-0.48, 1.02, 0.60), (-0.26, 1.07, 1.20))
    m.add("steel", cylinder((0.34, 0.78, 2.04), (0.34, 0.78, 2.14), 0.09, 28), hull="mist")
    m.add("white", cylinder((0.34, 0.78, 2.12), (0.34, 0.78, 2.28), 0.13, 32, 0.015), hull="mist")
    m.add("anthracite", prism(circle(0.1, (0.34, 0.78), 28), 2.28, 2.29, "xy", 0.002))
