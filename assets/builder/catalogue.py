"""Sheets of the machining family and of the docks: what is known of each machine, and from where."""

from . import assembly, lathe, mill, oven, press, saw, stations, vision, washer
from .forms import Machine, Port

OUTWARDS = (0.0, -1.0)
REACH_IN, DOWN = (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)
BELTS = "belt, direct, vehicle"
OWN = "Own design, no vendor's drawing; "
TOP, HAND = stations.BELT_TOP, stations.HAND_OVER
DOORS = "; door's drive and mass: assumed"


def cart(x: float, front: float) -> Port:
    """Where a vehicle hands over: over the front edge of the footprint, level with the library's belts."""
    return Port("inout", "vehicle", (x, -front, TOP), OUTWARDS)


def through(half: float) -> dict[str, Port]:
    """Belt in at the left, belt out at the right of a machine of that half width (m)."""
    return {
        "in": Port("in", BELTS, (-half, 0, TOP), (-1, 0)),
        "out": Port("out", BELTS, (half, 0, TOP), (1, 0)),
    }


MACHINES: dict[str, Machine] = {
    "cnc_mill": Machine(
        "compact vertical machining centre, automatic lift door at the front",
        OWN + "size class of 30-taper tapping centres (Brother SPEEDIO S300, FANUC ROBODRILL D14/D21, Haas DM-1): "
        "about 1.0-1.1 m wide, 2.0-2.2 m deep, 2.2-2.5 m high, table about 0.6 x 0.4 m; "
        "rounded to 1.06 x 2.20 x 2.30 m" + DOORS,
        (0.53, 1.10),
        (700, 600, 100, 300),
        {
            "table": Port("inout", "arm", mill.AT, OUTWARDS, REACH_IN, (0, -0.58, 0.03)),
            "cart": cart(mill.CENTRE, 1.10),
        },
    ),
    "cnc_lathe": Machine(
        "compact single-spindle chucker, spindle facing the front, automatic sliding door",
        OWN
        + "size class of compact chucker lathes with a 200-220 mm chuck (front-facing chuckers of Muratec and Takamaz, "
        "compact turning centres such as EMCO EMCOTURN E25): about 1.4-1.7 m wide, 1.2-1.4 m deep, 1.7-1.9 m high; "
        "rounded to 1.60 x 1.38 x 1.80 m" + DOORS,
        (0.80, 0.69),
        (700, 500, 100, 500),
        {
            "chuck": Port("inout", "arm", lathe.AT, OUTWARDS, REACH_IN, (0, -0.50, 0.03)),
            "cart": cart(lathe.AT[0], 0.69),
        },
    ),
    "part_washer": Machine(
        "compact spray-chamber washer with rotating basket, lift door of two leaves",
        OWN
        + "size class of single-chamber spray washers for parts to about 300 mm: about 1.0 x 1.1 x 1.9 m, rounded"
        + DOORS,
        (0.50, 0.55),
        (700, 500, 500, 0),
        {
            "basket": Port("inout", "arm", washer.AT, OUTWARDS, REACH_IN, (0, -0.46, 0.03)),
            "cart": cart(washer.AT[0], 0.55),
        },
    ),
    "vision_station": Machine(
        "camera inspection cell of aluminium profile with a ring light and a shuttle table",
        OWN + "built from 45 mm profile as integrators do: 0.80 x 0.80 x 1.92 m, open to the front",
        (vision.HALF, vision.HALF),
        (700, 500, 0, 0),
        {
            "nest": Port("inout", "arm", vision.AT, OUTWARDS, DOWN, (0, -0.42, 0.05)),
            "cart": cart(0, vision.HALF),
        },
    ),
    "infeed_station": Machine(
        "belt conveyor's end with a stop, from which an arm picks",
        OWN + f"class of 360 mm aluminium-profile belt conveyors; belt top at {TOP:g} m",
        (0.25, 0.45),
        (300, 0, 50, 200),
        {
            "belt": Port("in", BELTS, (0, 0.45, TOP), (0, 1)),
            "pick": Port("out", "arm", (0, -0.345, HAND), OUTWARDS, DOWN, (0, 0, 0.20)),
        },
    ),
    "outfeed_station": Machine(
        "belt conveyor's end, onto which an arm places",
        OWN + f"class of 360 mm aluminium-profile belt conveyors; belt top at {TOP:g} m",
        (0.25, 0.45),
        (300, 0, 50, 200),
        {
            "place": Port("in", "arm", (0, -0.30, HAND), OUTWARDS, DOWN, (0, 0, 0.20)),
            "belt": Port("out", BELTS, (0, 0.45, TOP), (0, 1)),
        },
    ),
    "dock_in": Machine(
        "crate lift for raw parts with a belt out at the front; crates change at the back",
        OWN + f"crates of 600 x 400 x 220 mm (VDA KLT class) on an 800 x 600 mm half pallet; belt top at {TOP:g} m",
        (0.50, 0.60),
        (0, 1000, 50, 50),
        {
            "belt": Port("out", BELTS, (0, -0.60, TOP), OUTWARDS),
            "pick": Port("out", "arm", (0, -0.40, HAND), OUTWARDS, DOWN, (0, -0.10, 0.30)),
        },
    ),
    "dock_out": Machine(
        "crate lift for good parts with a belt in at the front; crates change at the back",
        OWN + f"crates of 600 x 400 x 220 mm (VDA KLT class) on an 800 x 600 mm half pallet; belt top at {TOP:g} m",
        (0.50, 0.60),
        (0, 1000, 50, 50),
        {
            "belt": Port("in", BELTS, (0, -0.60, TOP), OUTWARDS),
            "place": Port("in", "arm", (0, -0.40, HAND), OUTWARDS, DOWN, (0, -0.10, 0.30)),
        },
    ),
    "hydraulic_press": Machine(
        "C-frame hydraulic press with a table that runs out to the front",
        OWN + "size class of C-frame hydraulic presses of 250-400 kN for automated loading: throat about 250-300 mm, "
        "daylight 450-550 mm, table at 0.85-0.95 m, about 0.8-1.2 m wide, 1.4-1.8 m deep, 2.3-2.7 m high; "
        "rounded to 1.10 x 1.60 x 2.60 m, throat 280 mm, daylight 540 mm. Drives and masses: assumed. The ram's last "
        "stroke under force is part of the process time",
        press.HALF,
        (800, 600, 100, 300),
        {
            "table": Port("inout", "arm", press.AT, OUTWARDS, DOWN, (0, -0.10, 0.25)),
            "cart": cart(0, press.HALF[1]),
        },
    ),
    "band_saw": Machine(
        "automatic pivot band saw; bars from the back, blanks on a roller tray at the front",
        OWN + "size class of automatic pivot band saws for rounds of 230-280 mm: about 1.7-2.1 m wide, 1.2-1.6 m deep "
        "without bar magazine, bar at 0.80-0.95 m; rounded to 1.90 x 1.40 m. The bow's mass and drive: assumed. "
        "Bars of up to 3 m need free floor behind",
        saw.HALF,
        (700, 1500, 300, 300),
        {
            "tray": Port("inout", "arm", saw.AT, OUTWARDS, DOWN, (0, -0.10, 0.25)),
            "cart": cart(saw.AT[0], saw.HALF[1]),
        },
    ),
    "batch_oven": Machine(
        "chamber oven with circulating air, powered lift door at the front",
        OWN + "size class of chamber ovens with circulating air of 120-250 l and up to 300 degrees C: "
        "about 1.0-1.3 m wide and deep, 1.7-2.0 m high; rounded to 1.10 x 1.22 x 1.82 m, chamber 0.65 m wide, "
        "the lift door's frame 2.3 m high" + DOORS,
        (oven.X, 0.61),
        (900, 600, 100, 100),
        {
            "carrier": Port("inout", "arm", oven.AT, OUTWARDS, REACH_IN, (0, -0.60, 0.03)),
            "cart": cart(0, 0.61),
        },
    ),
    "assembly_station": Machine(
        "bench of aluminium profile with a servo press, a screw spindle and two bowl feeders",
        OWN + "built from 45 mm profile as integrators do: 1.10 x 1.00 x 1.95 m, open to the front; "
        "bowl feeders of 300 mm",
        assembly.HALF,
        (700, 400, 0, 0),
        {
            "nest": Port("inout", "arm", assembly.AT, OUTWARDS, DOWN, (0, -0.35, 0.05)),
            "cart": cart(0, assembly.HALF[1]),
        },
    ),
}
