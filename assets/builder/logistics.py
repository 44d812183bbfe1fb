"""Sheets of what moves, packs and stores: conveyors, packing machines, racks, fences, vehicles."""

from . import amr, charger, conveyors, packing, storage
from .catalogue import BELTS, DOWN, OUTWARDS, OWN, TOP, cart, through
from .forms import Machine, Port, Vehicle

UP = (0.0, 0.0, 0.30)
ROLLERS = (
    "class of driven roller conveyors: rollers of 50 mm, 420 mm long, every 100 mm; rounded. Roller tops at "
    f"{TOP:g} m, within the 0.75-0.90 m usual between packing machines"
)
_CORNER = (conveyors.CORNER_RADIUS + conveyors.FRAME) / 2
_INNER = conveyors.CORNER_RADIUS - conveyors.FRAME
_TANGENT = round(2 * _CORNER * 0.41421356, 3)  # tan(22.5 degrees): the outer arc in three edges
_X, _Y = conveyors.MERGE
_LANE_Y = round(conveyors.FRAME - _Y, 3)

MACHINES: dict[str, Machine] = {
    "conveyor_belt": Machine(
        "straight belt conveyor, 2 m, left to right",
        OWN + f"class of 360 mm aluminium-profile belt conveyors; belt top at {TOP:g} m",
        (conveyors.LENGTH / 2, 0.25),
        (300, 0, 0, 0),
        through(conveyors.LENGTH / 2),
    ),
    "conveyor_roller": Machine(
        "straight roller conveyor, 2 m, left to right",
        OWN + ROLLERS,
        (conveyors.LENGTH / 2, conveyors.FRAME),
        (300, 0, 0, 0),
        through(conveyors.LENGTH / 2),
    ),
    "conveyor_corner": Machine(
        "roller conveyor's quarter turn, left to front",
        OWN + ROLLERS + f"; radius {conveyors.CORNER_RADIUS:g} m",
        (
            (-_CORNER + _INNER, -_CORNER),
            (_CORNER, -_CORNER),
            (_CORNER, round(-_CORNER + _TANGENT, 3)),
            (round(-_CORNER + _TANGENT, 3), _CORNER),
            (-_CORNER, _CORNER),
            (-_CORNER, -_CORNER + _INNER),
        ),
        (0, 0, 0, 0),
        {
            "in": Port("in", BELTS, (-_CORNER, round(conveyors.CORNER_RADIUS - _CORNER, 3), TOP), (-1, 0)),
            "out": Port("out", BELTS, (round(conveyors.CORNER_RADIUS - _CORNER, 3), -_CORNER, TOP), OUTWARDS),
        },
    ),
    "conveyor_merge": Machine(
        "two roller lanes that become one: left and back in, right out",
        OWN + ROLLERS + "; belts between the rollers lift parts over",
        (
            (-_X, -_Y),
            (_X, -_Y),
            (_X, round(2 * conveyors.FRAME - _Y, 3)),
            (conveyors.FRAME, round(2 * conveyors.FRAME - _Y, 3)),
            (conveyors.FRAME, _Y),
            (-conveyors.FRAME, _Y),
            (-conveyors.FRAME, round(2 * conveyors.FRAME - _Y, 3)),
            (-_X, round(2 * conveyors.FRAME - _Y, 3)),
        ),
        (300, 0, 0, 0),
        {
            "in": Port("in", BELTS, (-_X, _LANE_Y, TOP), (-1, 0)),
            "side": Port("in", BELTS, (0, _Y, TOP), (0, 1)),
            "out": Port("out", BELTS, (_X, _LANE_Y, TOP), (1, 0)),
        },
    ),
    "case_sealer": Machine(
        "tape sealer for cartons with side belts: left to right; an arm may place at the left",
        OWN + "size class of uniform side-belt case sealers: machine about 0.9-1.1 m long, 0.7-0.9 m wide, 1.5-1.9 m "
        f"high, table set to {TOP:g} m, with roller sections at both ends; rounded to 1.70 x 0.84 x 1.72 m",
        packing.SEALER,
        (700, 500, 0, 0),
        {
            **through(packing.SEALER[0]),
            "place": Port("in", "arm", packing.SEALER_AT, OUTWARDS, DOWN, UP),
        },
    ),
    "check_weigher": Machine(
        "check weigher with three belts and a reject bin: left to right; arms may place and pick at its ends",
        OWN + "size class of in-line check weighers for cartons to about 10 kg: infeed, weighing and discharge belt of "
        f"0.4-0.6 m each, belt height {TOP:g} m within the usual 0.7-1.0 m; rounded to 1.50 x 0.72 m",
        packing.WEIGHER,
        (600, 300, 0, 0),
        {
            **through(packing.WEIGHER[0]),
            "place": Port("in", "arm", packing.WEIGHER_IN, OUTWARDS, DOWN, UP),
            "pick": Port("out", "arm", packing.WEIGHER_OUT, OUTWARDS, DOWN, UP),
        },
    ),
    "packing_station": Machine(
        "roller lane with a display tray clamped in the middle, into which an arm packs: left to right",
        OWN + f"class of manual and robot packing places on roller conveyors; tray of 390 x 290 x 50 mm at {TOP:g} m",
        packing.PACKING,
        (600, 300, 0, 0),
        {
            **through(packing.PACKING[0]),
            "tray": Port("inout", "arm", packing.PACKING_AT, OUTWARDS, DOWN, (0, 0, 0.20)),
        },
    ),
    "carton_infeed": Machine(
        "roller conveyor's end with a stop, from which an arm picks cartons by their top",
        OWN + ROLLERS + "; for cartons of 150 mm height",
        packing.CONVEYOR_END,
        (300, 0, 50, 50),
        {
            "belt": Port("in", BELTS, (0, packing.CONVEYOR_END[1], TOP), (0, 1)),
            "pick": Port("out", "arm", packing.CONVEYOR_END_AT, OUTWARDS, DOWN, UP),
        },
    ),
    "carton_outfeed": Machine(
        "roller conveyor's end, onto which an arm places cartons held by their top",
        OWN + ROLLERS + "; for cartons of 150 mm height",
        packing.CONVEYOR_END,
        (300, 0, 50, 50),
        {
            "place": Port("in", "arm", packing.CONVEYOR_END_AT, OUTWARDS, DOWN, UP),
            "belt": Port("out", BELTS, (0, packing.CONVEYOR_END[1], TOP), (0, 1)),
        },
    ),
    "pallet_station": Machine(
        "EUR pallet between centring guides, stacked with cartons to half its height; pallets change at the front",
        "EUR pallet of EN 13698-1, cartons of 300 x 200 x 150 mm (ISO 3394 module), sixteen to a layer; the hand-over "
        "is the first carton of the fourth layer of seven: the stack's middle",
        storage.STATION,
        (1400, 0, 100, 100),
        {
            "stack": Port("inout", "arm", storage.STACK_AT, OUTWARDS, DOWN, UP),
            "cart": Port("inout", "vehicle", (0, -storage.STATION[1], TOP), OUTWARDS),
        },
    ),
    "pallet_rack": Machine(
        "one bay of pallet racking, a roller shelf for totes at hand-over height, pallets above",
        OWN + "class of adjustable pallet racking (EN 15512): a bay of 2.7 m for three EUR pallets side by side, "
        f"frames 1.1 m deep, uprights of 100 mm; shelf at {TOP:g} m, pallets at 2.4 m",
        storage.RACK,
        (1400, 0, 0, 0),
        {"shelf": Port("inout", "vehicle", (0, -storage.RACK[1], TOP), OUTWARDS)},
    ),
    "charging_station": Machine(
        "charger for automated vehicles, contacts low at the front, which vehicles drive up to nose first",
        OWN
        + "compact floor-standing charger whose contacts run out to the docked vehicle (not modelled); all sizes are "
        "assumed: cabinet 0.48 x 0.40 x 1.20 m, floor plate 0.12 m further to the front, contacts 0.10-0.21 m "
        "above the floor. The free floor in front takes a vehicle of 0.8 m",
        charger.HALF,
        (900, 0, 0, 0),
        {"cart": cart(0, charger.HALF[1])},
    ),
    "guard_fence": Machine(
        "panel of a guard fence, welded mesh, 2 m long and high",
        OWN + "class of modular machine guards: mesh panels 2.0 m high, about 0.15 m above the floor, posts of 50 mm",
        storage.FENCE[:2],
        (0, 0, 0, 0),
    ),
}

VEHICLES: dict[str, Vehicle] = {
    "amr": Vehicle(
        "autonomous mobile robot with a roller deck level with the library's belts",
        OWN + "size class of AMRs for 250 kg (MiR250: 0.80 x 0.58 x 0.30 m, 250 kg, up to 2.0 m/s). Speed as commonly "
        "set where people walk; acceleration, turning, docking and hand-over times, and 100 kg for deck and column: "
        "assumed",
        amr.HALF,
        speed=1.5,
        acceleration=0.6,
        turn=60,
        dock=4,
        handover=6,
        payload=150,
        deck=(0, 0, TOP),
    ),
}
