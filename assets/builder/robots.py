"""The six-axis arms that are built here, as numbers: axes, masses, torques."""

from . import arm, arm_heavy, arm_small
from .urdf import Axis, Robot


def _axes(
    height: float,
    lengths: tuple[float, float, float, float],
    ranges: tuple[tuple[float, float], ...],
    speeds: tuple[float, ...],
    efforts: tuple[float, ...],
) -> tuple[Axis, ...]:
    """Axes of the common make: A1 up, A2 and A3 level, wrist axes meeting in one point; `height` of A2 over the floor.

    lengths : from A1 to A2, A2 to A3, A3 up to A4, and along A4 to the wrist centre
    """
    offset, upper, elbow, forearm = lengths
    origins = ((0, 0, height), (offset, 0, 0), (upper, 0, 0), (0, 0, elbow), (forearm, 0, 0), (0, 0, 0))
    turns = ((0, 0, -1), (0, 1, 0), (0, 1, 0), (-1, 0, 0), (0, 1, 0), (-1, 0, 0))
    rows = zip(origins, turns, ranges, speeds, efforts, strict=True)
    return tuple(
        Axis((float(x), float(y), float(z)), turn, low, high, v, t) for (x, y, z), turn, (low, high), v, t in rows
    )


# Peak torques of the gears: enough for the library's accelerations at full stretch with the rated payload.
KR10 = Robot(
    "arm_10kg_r1100",
    "Six-axis arm, 10 kg, 1.101 m.",
    (
        arm_small.base,
        arm_small.link_1,
        arm_small.link_2,
        arm_small.link_3,
        arm_small.link_4,
        arm_small.link_5,
        arm_small.link_6,
    ),
    _axes(
        arm_small.A1_HEIGHT,
        (arm_small.A1_OFFSET, arm_small.UPPER, arm_small.ELBOW, arm_small.FOREARM),
        ((-170, 170), (-190, 45), (-120, 156), (-185, 185), (-120, 120), (-350, 350)),
        (300, 225, 330, 360, 360, 433),
        (400, 600, 260, 60, 60, 30),
    ),
    # kg: 56 in all
    {"base_link": 16.0, "link_1": 13.0, "link_2": 12.0, "link_3": 8.3, "link_4": 4.4, "link_5": 1.8, "link_6": 0.5},
    arm_small.FLANGE,
)

KR16 = Robot(
    "arm_16kg_r2010",
    "Six-axis arm, 16 kg, 2.013 m, on a 0.45 m pedestal.",
    (arm.base, arm.link_1, arm.link_2, arm.link_3, arm.link_4, arm.link_5, arm.link_6),
    _axes(
        arm.PEDESTAL + arm.A1_HEIGHT,
        (arm.A1_OFFSET, arm.UPPER, arm.ELBOW, arm.FOREARM),
        ((-185, 185), (-185, 65), (-138, 175), (-350, 350), (-130, 130), (-350, 350)),
        (200, 175, 190, 430, 430, 630),
        (2400, 3400, 1500, 270, 260, 120),
    ),
    # kg: 255 in all, without the pedestal of 115, which is part of base_link
    {
        "base_link": 65.0 + 115.0,
        "link_1": 78.0,
        "link_2": 38.0,
        "link_3": 48.0,
        "link_4": 17.0,
        "link_5": 7.0,
        "link_6": 2.0,
    },
    arm.FLANGE,
)

KR210 = Robot(
    "arm_200kg_r2700",
    "Six-axis arm, 210 kg, 2.701 m.",
    (
        arm_heavy.base,
        arm_heavy.link_1,
        arm_heavy.link_2,
        arm_heavy.link_3,
        arm_heavy.link_4,
        arm_heavy.link_5,
        arm_heavy.link_6,
    ),
    _axes(
        arm_heavy.A1_HEIGHT,
        (arm_heavy.A1_OFFSET, arm_heavy.UPPER, arm_heavy.ELBOW, arm_heavy.FOREARM),
        ((-185, 185), (-140, -5), (-120, 168), (-350, 350), (-125, 125), (-350, 350)),
        (120, 115, 112, 179, 172, 220),
        (12000, 18000, 9000, 2300, 2100, 800),
    ),
    # kg: 1077 in all
    {
        "base_link": 226.0,
        "link_1": 363.0,
        "link_2": 232.0,
        "link_3": 190.0,
        "link_4": 42.4,
        "link_5": 17.0,
        "link_6": 6.6,
    },
    arm_heavy.FLANGE,
)

ROBOTS = (KR10, KR16, KR210)
