"""hydraulic_press: a C-frame press; a table carries the part out of its throat, the ram comes down on it (m)."""

from .details import foot, louvres, motor, pendant, tower
from .model import Model
from .shapes import box, cylinder, pipe, prism, rbox, rect, revolve, rounded
from .stations import BELT_TOP

HALF = (0.55, 0.80)  # half width and half depth of the footprint
DAYLIGHT = (0.86, 1.40)  # m: bed's top and the head's underside
FRONT, THROAT, REAR = -0.36, 0.20, 0.62  # y of the head's front, of the throat's back, of the frame's back
RAM_Y = -0.08  # m: the ram's axis; 280 mm before the throat's back
OUT = 0.48  # m that the table runs out to the front
STROKE = 0.22  # m that the ram comes down
AT = (0.0, RAM_Y - OUT, BELT_TOP + 0.05)


def build() -> Model:
    """The press; table and ram are links of their own."""
    m = Model("hydraulic_press")
    _frame(m)
    _hydraulics(m)
    _table(m)
    _ram(m)
    pendant(m, 0.40, 0.55, 1.10, 1.52, -0.44, 0.07)
    m.add("anthracite", box((0.40, -0.40, 1.24), (0.50, -0.28, 1.34), 0.004), hull="arm")
    tower(m, 0.30, 0.45, 2.30, 0.28)
    return m


def _frame(m: Model) -> None:
    low, high = DAYLIGHT
    side = [
        (FRONT + 0.02, 0.04), (REAR, 0.04), (REAR, 2.30), (FRONT, 2.30), (FRONT, high),
        (THROAT - 0.06, high), (THROAT, high - 0.10), (THROAT, low + 0.04), (THROAT - 0.04, low), (FRONT + 0.02, low),
    ]  # fmt: skip
    radii = [0.01, 0.02, 0.10, 0.16, 0.03, 0.05, 0.06, 0.03, 0.03, 0.02]
    for x0, x1 in ((-0.40, -0.33), (0.33, 0.40)):
        m.add("teal", prism(rounded(side, radii, 5), x0, x1, "yz", 0.006))
    for name, y0, y1, z0, z1 in (
        ("foot", FRONT + 0.02, REAR, 0.04, low),
        ("back", THROAT, REAR, low, high),
        ("head", FRONT, REAR, high, 2.30),
    ):
        m.solid(name, (-0.40, y0, z0), (0.40, y1, z1))
    gusset = ((THROAT + 0.01, high), (THROAT - 0.06, high), (THROAT, high - 0.10), (THROAT + 0.01, high - 0.1))
    m.hull("gusset", [[x, y, z] for x in (-0.40, 0.40) for y, z in gusset])
    # plates between the sides: bed, back, head
    m.add("light_grey", box((-0.34, FRONT + 0.04, 0.06), (0.34, FRONT + 0.08, low - 0.08), 0.004))
    m.add("steel", box((-0.36, FRONT + 0.02, low - 0.08), (0.36, THROAT + 0.05, low), 0.006))
    m.add("light_grey", box((-0.34, THROAT + 0.02, low - 0.02), (0.34, THROAT + 0.05, high + 0.02), 0.0))
    m.add("light_grey", box((-0.34, FRONT + 0.02, high + 0.01), (0.34, FRONT + 0.05, 2.27), 0.004))
    m.add("dark_steel", box((-0.34, FRONT + 0.04, high - 0.0), (0.34, THROAT + 0.04, high + 0.05), 0.002))
    m.add("light_grey", box((-0.34, FRONT + 0.10, 2.22), (0.34, REAR - 0.02, 2.27), 0.0))
    m.add("white", rbox((-0.24, FRONT + 0.012, 1.86), (0.24, FRONT + 0.022, 2.02), 0.02, "xz", 0.002))
    m.add("teal", prism(rounded(rect(-0.20, 1.91, 0.06, 1.97), 0.01, 2), FRONT + 0.008, FRONT + 0.013, "xz"))
    for k in range(7):  # warning stripes along the head's lower edge
        x = -0.33 + 0.094 * k
        ring = [(x, high + 0.03), (x + 0.045, high + 0.03), (x + 0.085, high + 0.09), (x + 0.04, high + 0.09)]
        m.add("yellow" if k % 2 == 0 else "black", prism(ring, FRONT + 0.012, FRONT + 0.021, "xz"))
    for x in (-0.365, 0.365):
        for y in (FRONT + 0.09, REAR - 0.07):
            foot(m, x, y, 0.05, 0.05)
    # light curtains beside the table
    for s in (-1, 1):
        x = s * 0.45
        m.add("yellow", box((x - 0.02, -0.77, 0.70), (x + 0.02, -0.73, 1.42), 0.004), hull="curtain")
        m.add("black", box((x - 0.008 - 0.014 * s, -0.765, 0.74), (x + 0.008 - 0.014 * s, -0.735, 1.38), 0.001))
        a, b = sorted((s * 0.39, s * 0.47))
        m.add("anthracite", box((a, -0.77, 0.68), (b, -0.33, 0.72), 0.004), hull="bracket")


def _hydraulics(m: Model) -> None:
    """Cylinder on the head, power unit at the back, pipes between them."""
    m.add("mid_grey", revolve([(0.15, 0.0), (0.15, 0.05), (0.12, 0.06), (0.12, 0.26), (0.135, 0.27), (0.135, 0.30),
                               (0.06, 0.33)], (0.0, RAM_Y, 2.26), n=28), hull="cylinder")  # fmt: skip
    m.add("mid_grey", rbox((-0.36, REAR, 0.10), (0.36, 0.79, 0.52), 0.02, "xy", 0.008), hull="tank")
    m.add("light_blue", box((-0.30, 0.788, 0.22), (-0.27, 0.796, 0.42), 0.002))
    motor(m, (0.12, 0.70, 0.52), (0, 0, 1), 0.085, 0.36, "blue")
    m.solid("motor", (0.03, 0.61, 0.52), (0.21, 0.79, 0.89))
    m.add("steel", box((-0.28, 0.64, 0.52), (-0.08, 0.76, 0.68), 0.006), hull="valves")
    for x in (-0.24, -0.18, -0.12):
        m.add("dark_steel", box((x - 0.02, 0.65, 0.68), (x + 0.02, 0.75, 0.76), 0.004))
    m.solid("valves", (-0.28, 0.64, 0.66), (-0.08, 0.76, 0.77))
    for x in (-0.24, -0.12):
        run = [(x, 0.70, 0.75), (x, 0.70, 2.40), (x, RAM_Y + 0.05, 2.40), (x * 0.4, RAM_Y + 0.05, 2.40)]
        m.add("black", pipe(run, 0.015, 0.08, 8))
    m.solid("pipes", (-0.26, 0.68, 0.75), (-0.10, 0.72, 2.43))
    m.solid("pipes", (-0.26, RAM_Y + 0.03, 2.38), (-0.03, 0.72, 2.42))
    m.add("light_grey", rbox((-0.55, -0.10, 0.45), (-0.40, 0.50, 1.75), 0.015, "xy", 0.008), hull="cabinet")
    m.add("white", rbox((-0.556, -0.06, 0.50), (-0.546, 0.46, 1.70), 0.015, "yz", 0.003))
    louvres(m, "yz", 0.05, 0.58, 0.35, 0.78, -0.556, -1, 6)
    m.add("yellow", prism([(0.10, 1.40), (0.24, 1.40), (0.17, 1.52)], -0.560, -0.554, "yz"))
    m.add("black", rbox((-0.572, -0.02, 1.02), (-0.554, 0.01, 1.16), 0.008, "yz", 0.003))


def _table(m: Model) -> None:
    """Rails on a bracket before the bed; the sliding table with its die."""
    low = DAYLIGHT[0]
    m.add("mid_grey", box((-0.24, -0.76, low - 0.10), (0.24, FRONT + 0.06, low - 0.04), 0.006), hull="rails")
    for x in (-0.21, 0.21):
        rib = [(FRONT + 0.03, low - 0.10), (-0.72, low - 0.10), (FRONT + 0.03, 0.46)]
        m.add("mid_grey", prism(rib, x - 0.012, x + 0.012, "yz"))
        m.hull("rib", [[x + s, y, z] for s in (-0.012, 0.012) for y, z in rib])
    for x in (-0.17, 0.17):
        m.add("steel", box((x - 0.018, -0.755, low - 0.042), (x + 0.018, THROAT - 0.02, low - 0.012), 0.002))
    m.solid("rails", (-0.19, -0.76, low - 0.05), (0.19, FRONT + 0.06, low - 0.012))
    for s in (-1, 1):
        m.add("black", cylinder((s * 0.17, -0.762, low - 0.028), (s * 0.17, -0.748, low - 0.028), 0.02, 12, 0))
    # electric axis as in presses fed by robots: 0.5 m in about 1.6 s (assumed)
    table = m.axis("table", 45.0, direction=(0, -1, 0), travel=(0, OUT), speed=0.4, acceleration=1.2, load=OUT, work=0)
    y = RAM_Y
    table.add("dark_steel", box((-0.20, y - 0.17, low - 0.010), (0.20, y + 0.17, low + 0.020), 0.004), hull="table")
    table.add("steel", box((-0.16, y - 0.13, low + 0.020), (0.16, y + 0.13, BELT_TOP), 0.004), hull="die")
    for x in (-0.135, 0.135):
        for v in (-0.105, 0.105):
            table.add("black", cylinder((x, y + v, BELT_TOP - 0.002), (x, y + v, BELT_TOP + 0.0008), 0.009, 10, 0))
    for x in (-0.18, 0.18):
        table.add("yellow", box((x - 0.012, y - 0.171, low - 0.004), (x + 0.012, y - 0.169, low + 0.016), 0))


def _ram(m: Model) -> None:
    """Guided ram plate; it stops above the tallest part, the last stroke under force is part of the process time."""
    high = DAYLIGHT[1]
    ram = m.axis("ram", 90.0, direction=(0, 0, -1), travel=(0, 0.28), speed=0.25, acceleration=1.0, load=0, work=STROKE)
    ram.add("steel", cylinder((0, RAM_Y, high - 0.05), (0, RAM_Y, high + 0.24), 0.07, 24), hull="rod")
    plate = rbox((-0.20, RAM_Y - 0.15, high - 0.10), (0.20, RAM_Y + 0.15, high - 0.04), 0.02, "xy", 0.004)
    ram.add("dark_steel", plate, hull="plate")
    ram.add("steel", rbox((-0.12, RAM_Y - 0.10, high - 0.13), (0.12, RAM_Y + 0.10, high - 0.10), 0.015, "xy", 0.004),
            hull="punch")  # fmt: skip
    for x in (-0.165, 0.165):
        ram.add(
            "steel", cylinder((x, RAM_Y + 0.09, high - 0.05), (x, RAM_Y + 0.09, high + 0.24), 0.024, 16), hull="rod"
        )
    ram.add("yellow", box((-0.201, RAM_Y - 0.152, high - 0.085), (0.201, RAM_Y - 0.149, high - 0.055), 0))
