"""arm_16kg_r2010: the links of a six-axis arm of 2.013 m reach on a pedestal (m, kg, each in its joint's frame).

At A1 = A2 = A3 = 0 every frame is parallel to the base's and the arm is stretched out along +x:

                                   link_2                    A4 axis, 150 mm above A3
      A2 o=================================o A3   ------------------------o A5 --| flange
    160 |             980                  |               860              153
   A1   |
"""

import numpy as np

from .details import motor
from .model import Model
from .shapes import box, circle, cylinder, loft, moved, pipe, prism, rbox, rect, revolve, rounded, section, slot, tube

PEDESTAL = 0.45
A1_HEIGHT, A1_OFFSET, UPPER, ELBOW, FOREARM, FLANGE = 0.520, 0.160, 0.980, 0.150, 0.860, 0.153
TCP = 0.20
ARM = (0.09, 0.195)  # y from, to of the upper arm: it passes the forearm on the left
BODY, DARK, CAP = "orange", "anthracite", "black"


def base() -> Model:
    """Steel pedestal, bolted to the floor, and the robot's foot."""
    m = Model("base_link")
    m.add("mid_grey", prism(rounded(rect(-0.30, -0.30, 0.30, 0.30), 0.04), 0, 0.025, "xy", 0.003), hull="plate")
    m.add(
        "mid_grey",
        prism(rounded(rect(-0.16, -0.16, 0.16, 0.16), 0.03), 0.025, PEDESTAL - 0.025, "xy", 0.002),
        hull="column",
    )
    m.add(
        "mid_grey",
        prism(rounded(rect(-0.23, -0.23, 0.23, 0.23), 0.03), PEDESTAL - 0.025, PEDESTAL, "xy", 0.003),
        hull="top",
    )
    for k in range(4):
        turn = np.array([[0, -1], [1, 0]]) if k % 2 else np.eye(2)
        sign = 1 if k < 2 else -1
        matrix = np.eye(4)
        matrix[:2, :2] = sign * turn
        for y in (-0.12, 0.12):
            rib = prism([(0.155, 0.025), (0.27, 0.025), (0.155, 0.30)], y - 0.007, y + 0.007, "xz")
            m.add("mid_grey", moved(rib, matrix))
        bolt = np.array([0.255, 0.255, 0.0]) @ matrix[:3, :3].T
        m.add("steel", cylinder((bolt[0], bolt[1], 0.025), (bolt[0], bolt[1], 0.045), 0.018, 6, 0.002))
        foot = np.array([0.19, 0.19, 0.0]) @ matrix[:3, :3].T
        m.add(
            "steel",
            cylinder((foot[0], foot[1], PEDESTAL + 0.028), (foot[0], foot[1], PEDESTAL + 0.044), 0.014, 6, 0.002),
        )
    m.hull(
        "ribs",
        [
            [sx * u, sy * v, z]
            for sx in (-1, 1)
            for sy in (-1, 1)
            for u, v, z in ((0.27, 0.13, 0.02), (0.13, 0.27, 0.02), (0.16, 0.13, 0.30), (0.13, 0.16, 0.30))
        ],
    )
    z = PEDESTAL
    m.add(DARK, prism(rounded(rect(-0.21, -0.21, 0.21, 0.21), 0.06), z, z + 0.03, "xy", 0.005))
    m.add(
        DARK,
        loft(
            [
                section("xy", z + h, x, 0, hx, hy, r)
                for h, x, hx, hy, r in (
                    (0.03, -0.01, 0.19, 0.18, 0.08),
                    (0.10, -0.005, 0.185, 0.175, 0.12),
                    (0.20, 0, 0.18, 0.18, 0.178),
                )
            ]
        ),
    )
    m.add(DARK, rbox((-0.29, -0.09, z + 0.035), (-0.15, 0.09, z + 0.17), 0.015, "xz"))
    for y, zz in ((-0.045, 0.12), (0.0, 0.12), (0.045, 0.12), (-0.025, 0.07), (0.025, 0.07)):
        m.add("steel", cylinder((-0.305, y, z + zz), (-0.28, y, z + zz), 0.016, 12))
    m.hull(
        "foot",
        np.vstack(
            [np.column_stack([rect(-0.21, -0.21, 0.21, 0.21), np.full(4, h)]) for h in (z, z + 0.03)]
            + [np.column_stack([circle(0.195, n=16), np.full(16, z + 0.205)])]
        ),
    )
    m.solid("sockets", (-0.305, -0.09, z + 0.03), (-0.15, 0.09, z + 0.17))
    return m


def link_1() -> Model:
    """Rotating column: turntable, A2 bearing, A1 and A2 motors. Frame: A1's axis at A2's height."""
    m = Model("link_1")
    m.add(CAP, revolve([(0.185, -0.318), (0.185, -0.300)], n=40))
    m.add(BODY, revolve([(0.205, -0.305), (0.215, -0.295), (0.215, -0.255), (0.205, -0.24)], n=40))
    rings = [
        (-0.245, 0.0, 0.0, 0.20, 0.20, 0.19),
        (-0.19, 0.01, -0.005, 0.195, 0.18, 0.12),
        (-0.10, 0.06, -0.02, 0.18, 0.125, 0.07),
        (-0.02, 0.12, -0.03, 0.155, 0.108, 0.05),
        (0.06, 0.155, -0.03, 0.12, 0.10, 0.05),
    ]
    m.add(BODY, loft([section("xy", z, x, y, hx, hy, r, 5) for z, x, y, hx, hy, r in rings]))
    x = A1_OFFSET
    m.add(BODY, revolve([(0.135, 0), (0.15, 0.012), (0.15, 0.20), (0.14, 0.208)], (x, -0.125, 0), (0, 1, 0), 36))
    m.add(CAP, cylinder((x, 0.08, 0), (x, ARM[0], 0), 0.13, 36, 0))
    m.add(DARK, cylinder((x, -0.155, 0), (x, -0.12, 0), 0.11, 28, 0.006))
    motor(m, (x, -0.15, 0), (0, -1, 0), 0.078, 0.22, CAP)
    m.add(DARK, box((x - 0.03, -0.29, 0.06), (x + 0.03, -0.20, 0.105), 0.006))
    # A1 motor stands on the turntable behind the column
    m.add(BODY, prism(slot((-0.05, 0), (-0.17, 0), 0.13, 0.085), -0.245, -0.17, "xy", 0.006))
    m.add(DARK, cylinder((-0.17, 0, -0.172), (-0.17, 0, -0.15), 0.082, 24))
    motor(m, (-0.17, 0, -0.15), (0, 0, 1), 0.07, 0.25, CAP)
    m.add(DARK, box((-0.21, -0.035, 0.06), (-0.13, 0.035, 0.095), 0.006))
    hose = [(-0.12, 0.12, -0.25), (-0.15, 0.15, -0.05), (-0.02, 0.215, 0.10), (x - 0.02, 0.225, 0.08)]
    m.add(CAP, pipe(hose, 0.022, 0.10, 10, 5))
    m.hull(
        "hose",
        [
            [x, y, z]
            for x, z in (
                (-0.15, -0.24),
                (-0.08, -0.24),
                (-0.19, -0.05),
                (-0.19, 0.04),
                (-0.06, 0.125),
                (x - 0.01, 0.125),
                (x - 0.01, 0.055),
            )
            for y in (0.10, 0.245)
        ],
    )
    column = np.vstack(
        [np.column_stack([circle(0.215, n=20), np.full(20, z)]) for z in (-0.318, -0.24)]
        + [section("xy", 0.06, 0.155, -0.03, 0.12, 0.10, 0.05, 1)]
    )
    m.hull("column", column)
    ring = circle(0.15, (x, 0), 16)
    m.hull("bearing", np.array([[u, y, v] for u, v in ring for y in (-0.155, ARM[0] - 0.002)]))
    m.hull("a2_motor", np.array([[u, y, v] for u, v in circle(0.105, (x, 0), 12) for y in (-0.375, -0.15)]))
    m.hull(
        "a1_motor",
        np.array(
            [
                [u, v, z]
                for u, v in [*circle(0.09, (-0.17, 0), 12), (-0.13, 0.15), (-0.05, 0.16), (0.02, 0.2)]
                for z in (-0.25, 0.105)
            ]
        ),
    )
    return m


def link_2() -> Model:
    """Upper arm along +x on the left of the column."""
    m = Model("link_2")
    y0, y1 = ARM
    m.add(BODY, prism(slot((0, 0), (UPPER, 0), 0.118, 0.088, 16), y0 + 0.012, y1 - 0.012, "xz", 0.012, steps=2))
    for x, r in ((0.0, 0.152), (UPPER, 0.118)):
        m.add(BODY, cylinder((x, y0, 0), (x, y1, 0), r, 40, 0.010))
        m.add(DARK, cylinder((x, y1 - 0.004, 0), (x, y1 + 0.012, 0), r * 0.66, 28, 0.005))
        for k in range(8):
            a = np.radians(45 * k + 22)
            p = (x + r * 0.82 * np.cos(a), y1, r * 0.82 * np.sin(a))
            m.add("steel", cylinder((p[0], y1 - 0.004, p[2]), (p[0], y1 + 0.006, p[2]), 0.010, 6, 0))
    # ribs of the casting: a sunk web framed by a flange
    web = slot((0.26, 0), (0.76, 0), 0.066, 0.052, 10)
    frame = slot((0.26, 0), (0.76, 0), 0.080, 0.066, 10)
    for w0, w1 in ((y1 - 0.014, y1 - 0.003), (y0 + 0.003, y0 + 0.014)):
        m.add(BODY, prism(frame, w0, w1, "xz", 0.003, [web]))
    hose = [
        (0.02, y1 + 0.028, 0.02),
        (0.14, y1 + 0.034, 0.05),
        (0.50, y1 + 0.026, 0.055),
        (0.84, y1 + 0.034, 0.05),
        (UPPER - 0.02, y1 + 0.028, 0.03),
    ]
    m.add(CAP, pipe(hose, 0.022, 0.10, 10, 4))
    for x in (0.30, 0.68):
        m.add("steel", box((x - 0.012, y1 - 0.016, 0.025), (x + 0.012, y1 + 0.052, 0.085), 0.004))
    points = [
        [x + r * np.cos(a), y, r * np.sin(a)]
        for x, r in ((0.0, 0.152), (UPPER, 0.118))
        for a in np.arange(14) * 2 * np.pi / 14
        for y in (y0, y1 + 0.012)
    ]
    m.hull("arm", points)
    m.hull("hose", [[x, y, z] for x in (0.0, UPPER) for y in (y1, y1 + 0.054) for z in (-0.01, 0.085)])
    return m


def link_3() -> Model:
    """Elbow: A3 bearing, housing of the forearm's three motors behind it."""
    m = Model("link_3")
    z = ELBOW
    m.add(BODY, revolve([(0.105, 0), (0.118, 0.010), (0.118, 0.19), (0.11, 0.198)], (0, -0.115, 0), (0, 1, 0), 36))
    m.add(CAP, cylinder((0, 0.075, 0), (0, ARM[0], 0), 0.10, 32, 0))
    m.add(DARK, cylinder((0, -0.135, 0), (0, -0.11, 0), 0.092, 28, 0.005))
    motor(m, (0, -0.135, 0), (0, -1, 0), 0.066, 0.19, CAP)
    outline = rounded(
        [(-0.105, -0.04), (0.105, -0.04), (0.15, 0.04), (0.15, 0.255), (0.06, 0.275), (-0.20, 0.255), (-0.20, 0.055)],
        [0.03, 0.03, 0.04, 0.04, 0.1, 0.04, 0.06],
        4,
    )
    m.add(BODY, prism(outline, -0.115, 0.082, "xz", 0.022, steps=2))
    m.add(BODY, revolve([(0.112, 0), (0.105, 0.03), (0.098, 0.09), (0.098, 0.105)], (0.14, -0.012, z), (1, 0, 0), 36))
    m.add(DARK, rbox((-0.228, -0.10, z - 0.085), (-0.19, 0.07, z + 0.10), 0.03, "yz", 0.006))
    for y, dz in ((-0.062, -0.035), (0.030, -0.035), (-0.016, 0.045)):
        motor(m, (-0.225, y, z + dz), (-1, 0, 0), 0.040, 0.19, CAP)
        m.add(DARK, box((-0.375, y - 0.018, z + dz + 0.03), (-0.32, y + 0.018, z + dz + 0.052), 0.004))
    m.add(
        CAP,
        pipe(
            [(0.0, ARM[1] + 0.03, 0.02), (-0.06, ARM[1] + 0.02, 0.15), (-0.12, 0.12, 0.24), (-0.15, 0.03, 0.255)],
            0.020,
            0.10,
            10,
            5,
        ),
    )
    m.add(DARK, box((-0.17, 0.0, 0.235), (-0.09, 0.07, 0.275), 0.008))
    m.add(
        DARK,
        prism(rounded([(-0.02, 0.20), (0.10, 0.20), (0.10, 0.225), (-0.02, 0.225)], 0.006, 2), 0.080, 0.0845, "xz"),
    )
    m.hull(
        "hose",
        [
            [x, y, z]
            for x, y, z in [
                (sx, sy, sz) for sx in (-0.10, 0.0) for sy in (ARM[1] - 0.01, ARM[1] + 0.05) for sz in (0.0, 0.15)
            ]
            + [(sx, 0.03, sz) for sx in (-0.18, -0.09) for sz in (0.22, 0.278)]
        ],
    )
    elbow = [
        [0.118 * np.cos(a), y, 0.118 * np.sin(a)]
        for a in np.arange(14) * 2 * np.pi / 14
        for y in (-0.135, ARM[0] - 0.002)
    ]
    m.hull("elbow", elbow)
    m.hull(
        "a3_motor",
        [[0.07 * np.cos(a), y, 0.07 * np.sin(a)] for a in np.arange(10) * 2 * np.pi / 10 for y in (-0.33, -0.135)],
    )
    front = [[0.245, -0.012 + 0.098 * np.cos(a), z + 0.098 * np.sin(a)] for a in np.arange(10) * 2 * np.pi / 10]
    block = [
        [x, y, v]
        for x, v in ((-0.10, -0.04), (0.10, -0.04), (0.15, 0.03), (0.15, 0.26), (-0.20, 0.27), (-0.20, 0.05))
        for y in (-0.115, 0.082)
    ]
    m.hull("block", block + front)
    m.hull(
        "motors",
        [
            [x, y, v]
            for x in (-0.415, -0.20)
            for y, v in ((-0.105, 0.07), (0.075, 0.07), (0.075, 0.15), (0.03, 0.248), (-0.062, 0.248), (-0.105, 0.15))
        ],
    )
    return m


def link_4() -> Model:
    """Forearm tube and wrist fork, turning about +x. Frame: on A4's axis above A3."""
    m = Model("link_4")
    m.add(CAP, revolve([(0.086, 0.24), (0.086, 0.262)], (0, 0, 0), (1, 0, 0), 32))
    m.add(
        BODY,
        revolve(
            [
                (0.080, 0.256),
                (0.094, 0.268),
                (0.094, 0.31),
                (0.084, 0.34),
                (0.074, 0.60),
                (0.080, 0.66),
                (0.080, 0.70),
                (0.07, 0.715),
            ],
            (0, 0, 0),
            (1, 0, 0),
            32,
        ),
    )
    for s in (-1, 1):
        a, b = sorted((s * 0.046, s * 0.080))
        m.add(BODY, prism(slot((0.66, 0), (FOREARM, 0), 0.070, 0.062, 12), a, b, "xz", 0.008, steps=2))
        a, b = sorted((s * 0.078, s * 0.088))
        m.add(DARK, prism(circle(0.044, (FOREARM, 0), 28), a, b, "xz", 0.004))
        m.add(DARK, prism(rounded(rect(0.62, -0.03, 0.76, 0.03), 0.015), a, b, "xz", 0.003))
    m.add(BODY, rbox((0.62, -0.078, -0.068), (0.785, 0.078, 0.068), 0.03, "yz", 0.012))
    m.add(DARK, tube((0.44, 0, 0), (0.47, 0, 0), 0.0835, 0.06, 32, 0.003))
    m.hull(
        "tube",
        [
            [x, r * np.cos(a), r * np.sin(a)]
            for x, r in ((0.25, 0.092), (0.34, 0.092), (0.62, 0.082))
            for a in np.arange(14) * 2 * np.pi / 14
        ],
    )
    outline = slot((0.64, 0), (FOREARM, 0), 0.074, 0.064, 8)
    m.hull("fork", [[u, y, v] for u, v in outline for y in (-0.088, 0.088)])
    return m


def link_5() -> Model:
    """Hand, tilting about y. Frame: wrist centre."""
    m = Model("link_5")
    m.add(BODY, cylinder((0, -0.044, 0), (0, 0.044, 0), 0.060, 32, 0.006))
    m.add(
        BODY,
        loft(
            [
                section("yz", x, 0, 0, hy, hz, r)
                for x, hy, hz, r in (
                    (0.0, 0.043, 0.055, 0.02),
                    (0.055, 0.043, 0.052, 0.03),
                    (0.075, 0.048, 0.050, 0.045),
                    (0.100, 0.046, 0.046, 0.0455),
                )
            ]
        ),
    )
    m.add(CAP, revolve([(0.040, 0.098), (0.040, 0.108)], (0, 0, 0), (1, 0, 0), 28))
    m.hull(
        "hand",
        [
            [x, y, z]
            for x, y, z in [
                *[
                    (0.060 * np.cos(a), s * 0.044, 0.060 * np.sin(a))
                    for a in np.arange(10) * 2 * np.pi / 10
                    for s in (-1, 1)
                ],
                *[(0.105, 0.048 * np.cos(a), 0.048 * np.sin(a)) for a in np.arange(10) * 2 * np.pi / 10],
            ]
        ],
    )
    return m


def link_6() -> Model:
    """Mounting flange, turning about +x (ISO 9409-1-50 pattern). Frame: wrist centre."""
    m = Model("link_6")
    m.add(
        "steel",
        revolve(
            [(0.042, 0.106), (0.044, 0.110), (0.044, FLANGE - 0.012), (0.0315, FLANGE - 0.010), (0.0315, FLANGE)],
            (0, 0, 0),
            (1, 0, 0),
            32,
        ),
    )
    for k in range(4):
        a = np.radians(90 * k + 45)
        p = (FLANGE - 0.0125, 0.037 * np.cos(a), 0.037 * np.sin(a))
        m.add(CAP, cylinder(p, (FLANGE - 0.0108, p[1], p[2]), 0.004, 8, 0))
    m.hull(
        "flange",
        [[x, 0.044 * np.cos(a), 0.044 * np.sin(a)] for a in np.arange(12) * 2 * np.pi / 12 for x in (0.106, FLANGE)],
    )
    return m
