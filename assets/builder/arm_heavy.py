"""arm_200kg_r2700: the links of a heavy six-axis arm of 2.701 m reach (m, kg, each in its joint's frame).

At A1 = A2 = A3 = 0 every frame is parallel to the base's and the arm is stretched out along +x (A2 itself only goes
from -140 to -5 degrees: the upper arm never lies level):

                                   link_2                    A4 axis, 115 mm above A3
      A2 o=================================o A3   ------------------------o A5 --| flange
    330 |             1150                 |               1220             215
   A1   |  645 above the floor
"""

import numpy as np

from .corners import capsule, rings
from .details import motor
from .model import Model
from .shapes import box, circle, cylinder, loft, pipe, prism, rbox, rect, revolve, rounded, section, slot

A1_HEIGHT, A1_OFFSET, UPPER, ELBOW, FOREARM, FLANGE = 0.645, 0.330, 1.150, 0.115, 1.220, 0.215
ARM = (0.155, 0.345)  # y from, to of the upper arm: it passes the forearm on the left
BODY, DARK, CAP = "yellow", "anthracite", "black"


def base() -> Model:
    """Cast foot on a floor plate, gussets to its four corners, cable sockets at the back."""
    m = Model("base_link")
    m.add("mid_grey", prism(rounded(rect(-0.46, -0.46, 0.46, 0.46), 0.06), 0, 0.030, "xy", 0.003))
    m.solid("plate", (-0.46, -0.46, 0.0), (0.46, 0.46, 0.045))
    for sx in (-1, 1):
        for sy in (-1, 1):
            m.add("steel", cylinder((sx * 0.40, sy * 0.40, 0.028), (sx * 0.40, sy * 0.40, 0.060), 0.024, 6, 0.002))
    trunk = [
        (0.030, 0.36, 0.36, 0.10),
        (0.075, 0.345, 0.345, 0.12),
        (0.130, 0.325, 0.325, 0.20),
        (0.235, 0.320, 0.320, 0.315),
    ]
    m.add(DARK, loft([section("xy", z, 0, 0, hx, hy, r, 6) for z, hx, hy, r in trunk]))
    for k in range(4):
        a = np.radians(45 + 90 * k)
        p, q = 0.30 * np.array([np.cos(a), np.sin(a)]), 0.55 * np.array([np.cos(a), np.sin(a)])
        side = 0.055 * np.array([-np.sin(a), np.cos(a)])
        low = [np.array([*(u + s), 0.030]) for u, s in ((p, -side), (q, -side), (q, side), (p, side))]
        high = [c + [0, 0, h] for c, h in zip(low, (0.17, 0.035, 0.035, 0.17), strict=True)]
        m.add(DARK, loft([np.array(low), np.array(high)]))
    m.add(CAP, revolve([(0.300, 0.230), (0.300, 0.262)], n=48))
    m.add(DARK, rbox((-0.50, -0.17, 0.055), (-0.27, 0.17, 0.215), 0.02, "xz", 0.010))
    for y, z in ((-0.11, 0.16), (-0.04, 0.16), (0.04, 0.16), (0.11, 0.16), (-0.08, 0.095), (0.0, 0.095), (0.08, 0.095)):
        m.add("steel", cylinder((-0.520, y, z), (-0.49, y, z), 0.024, 12))
    m.hull(
        "trunk",
        np.vstack(
            [
                rings("z", [(0.24, 0.335)], n=12),
                [
                    [x, y, z]
                    for z in (0.030, 0.07)
                    for x, y in (
                        (0.44, 0.35),
                        (0.35, 0.44),
                        (-0.35, 0.44),
                        (-0.44, 0.35),
                        (-0.44, -0.35),
                        (-0.35, -0.44),
                        (0.35, -0.44),
                        (0.44, -0.35),
                    )
                ],
            ]
        ),
    )
    m.hull("ring", rings("z", [(0.22, 0.31), (0.262, 0.31)], n=14))
    m.solid("sockets", (-0.520, -0.17, 0.055), (-0.27, 0.17, 0.215))
    return m


def link_1() -> Model:
    """Carousel: turntable, two-sided A2 bearing block, A1 motor behind and A2 motor on the right. Frame: A1 at A2."""
    m = Model("link_1")
    m.add(BODY, revolve([(0.345, -0.385), (0.365, -0.370), (0.365, -0.315), (0.345, -0.295)], n=56))
    casting = [
        (-0.305, 0.00, 0.00, 0.340, 0.340, 0.330),
        (-0.24, 0.03, -0.01, 0.330, 0.300, 0.180),
        (-0.14, 0.12, -0.03, 0.310, 0.215, 0.110),
        (-0.02, 0.23, -0.05, 0.270, 0.180, 0.080),
        (0.09, 0.31, -0.05, 0.205, 0.165, 0.080),
        (0.16, 0.33, -0.05, 0.120, 0.150, 0.070),
    ]
    m.add(BODY, loft([section("xy", z, x, y, hx, hy, r, 6) for z, x, y, hx, hy, r in casting]))
    x = A1_OFFSET
    m.add(BODY, revolve([(0.235, -0.230), (0.255, -0.210), (0.255, 0.120), (0.240, 0.135)], (x, 0, 0), (0, 1, 0), 48))
    m.add(CAP, cylinder((x, 0.13, 0), (x, ARM[0] + 0.004, 0), 0.215, 40, 0))
    m.add(DARK, cylinder((x, -0.275, 0), (x, -0.225, 0), 0.185, 36, 0.010))
    motor(m, (x, -0.27, 0), (0, -1, 0), 0.110, 0.33, CAP)
    m.add(DARK, box((x - 0.05, -0.50, 0.09), (x + 0.05, -0.37, 0.155), 0.008))
    # A1 motor stands upright behind the column, its gear in a pocket of the turntable
    m.add(BODY, prism(slot((-0.08, 0), (-0.27, 0), 0.22, 0.125), -0.305, -0.20, "xy", 0.010))
    m.add(DARK, cylinder((-0.27, 0, -0.202), (-0.27, 0, -0.165), 0.120, 28))
    motor(m, (-0.27, 0, -0.165), (0, 0, 1), 0.100, 0.34, CAP)
    m.add(DARK, box((-0.325, -0.05, 0.115), (-0.215, 0.05, 0.165), 0.008))
    # dress pack: a corrugated hose from the turntable to the A2 bearing
    hose = [(-0.16, 0.20, -0.31), (-0.20, 0.26, -0.10), (0.02, 0.36, 0.14), (x - 0.06, 0.385, 0.12)]
    m.add(CAP, pipe(hose, 0.038, 0.16, 14, 5))
    m.add("steel", box((-0.235, 0.20, -0.14), (-0.135, 0.315, -0.105), 0.006))
    m.hull("turntable", rings("z", [(-0.385, 0.375), (-0.270, 0.375)], n=16))
    casting_rings = (
        rings("z", [(-0.30, 0.365)], n=8),
        section("xy", -0.235, 0.03, -0.01, 0.335, 0.305, 0.12, 1),
        section("xy", -0.13, 0.13, -0.03, 0.31, 0.22, 0.08, 1),
        section("xy", 0.10, 0.31, -0.05, 0.21, 0.17, 0.06, 1),
    )
    m.hull("casting", np.vstack(casting_rings))
    m.hull("bearing", rings("y", [(-0.235, 0.262), (ARM[0] - 0.004, 0.262)], (x, 0.0), 16))
    m.hull(
        "a2_motor",
        [
            *rings("y", [(-0.60, 0.125), (-0.225, 0.19)], (x, 0.0)).tolist(),
            *[[x + s * 0.05, y, 0.155] for s in (-1, 1) for y in (-0.50, -0.37)],
        ],
    )
    m.hull(
        "a1_motor",
        [
            *rings("z", [(-0.305, 0.150), (0.18, 0.120)], (-0.27, 0.0)).tolist(),
            *[[0.0, y, z] for y in (-0.21, 0.21) for z in (-0.305, -0.19)],
        ],
    )
    m.hull(
        "hose",
        [
            [u, y, v]
            for u, v in (
                (-0.22, -0.31),
                (-0.12, -0.31),
                (-0.25, -0.10),
                (-0.23, 0.0),
                (0.0, 0.19),
                (x - 0.05, 0.17),
                (x - 0.05, 0.07),
            )
            for y in (0.16, 0.425)
        ],
    )
    return m


def link_2() -> Model:
    """Upper arm along +x on the left of the column: a boxed casting, its web sunk and ribbed."""
    m = Model("link_2")
    y0, y1 = ARM
    m.add(BODY, prism(slot((0, 0), (UPPER, 0), 0.215, 0.165, 18), y0 + 0.020, y1 - 0.020, "xz", 0.018, steps=2))
    for x, r in ((0.0, 0.262), (UPPER, 0.205)):
        m.add(BODY, cylinder((x, y0, 0), (x, y1, 0), r, 48, 0.014))
        m.add(DARK, cylinder((x, y1 - 0.006, 0), (x, y1 + 0.020, 0), r * 0.62, 32, 0.007))
        for k in range(12):
            a = np.radians(30 * k + 15)
            p = (x + r * 0.80 * np.cos(a), y1, r * 0.80 * np.sin(a))
            m.add("steel", cylinder((p[0], y1 - 0.004, p[2]), (p[0], y1 + 0.010, p[2]), 0.015, 6, 0))
    outline = slot((0.36, 0), (0.87, 0), 0.150, 0.128, 10)
    frame = slot((0.36, 0), (0.87, 0), 0.176, 0.154, 10)
    for w0, w1 in ((y1 - 0.024, y1 - 0.004), (y0 + 0.004, y0 + 0.024)):
        m.add(BODY, prism(frame, w0, w1, "xz", 0.005, [outline]))
    for x in (0.46, 0.615, 0.77):  # ribs across the web
        m.add(BODY, box((x - 0.012, y1 - 0.026, -0.148), (x + 0.012, y1 - 0.008, 0.148), 0.004))
    hose = [
        (0.04, y1 + 0.055, 0.06),
        (0.24, y1 + 0.060, 0.10),
        (0.60, y1 + 0.050, 0.105),
        (0.94, y1 + 0.060, 0.10),
        (UPPER - 0.03, y1 + 0.055, 0.07),
    ]
    m.add(CAP, pipe(hose, 0.038, 0.15, 14, 4))
    for x in (0.34, 0.86):
        m.add("steel", box((x - 0.020, y1 - 0.024, 0.050), (x + 0.020, y1 + 0.096, 0.155), 0.006))
    m.hull("arm", capsule((0, 0), (UPPER, 0), 0.266, 0.209, y0, y1 + 0.020))
    m.hull("hose", [[x, y, z] for x in (0.0, UPPER) for y in (y1, y1 + 0.100) for z in (-0.01, 0.158)])
    return m


def link_3() -> Model:
    """Elbow: A3 bearing with its motor, and the long housing behind which the three wrist motors stand."""
    m = Model("link_3")
    z = ELBOW
    m.add(BODY, revolve([(0.180, -0.185), (0.202, -0.165), (0.202, 0.120), (0.190, 0.135)], (0, 0, 0), (0, 1, 0), 44))
    m.add(CAP, cylinder((0, 0.13, 0), (0, ARM[0] + 0.004, 0), 0.165, 36, 0))
    m.add(DARK, cylinder((0, -0.225, 0), (0, -0.180, 0), 0.155, 32, 0.008))
    motor(m, (0, -0.225, 0), (0, -1, 0), 0.100, 0.28, CAP)
    outline = rounded(
        [(-0.19, -0.08), (0.17, -0.10), (0.29, 0.00), (0.30, 0.235), (0.16, 0.290), (-0.34, 0.280), (-0.36, 0.015)],
        [0.05, 0.06, 0.08, 0.07, 0.12, 0.06, 0.08],
        5,
    )
    m.add(BODY, prism(outline, -0.185, 0.130, "xz", 0.034, steps=2))
    m.add(BODY, revolve([(0.178, 0), (0.170, 0.05), (0.158, 0.14), (0.158, 0.18)], (0.27, -0.02, z), (1, 0, 0), 40))
    m.add(DARK, rbox((-0.405, -0.165, z - 0.120), (-0.345, 0.115, z + 0.150), 0.04, "yz", 0.008))
    for y, dz in ((-0.100, -0.055), (0.045, -0.055), (-0.027, 0.080)):
        motor(m, (-0.40, y, z + dz), (-1, 0, 0), 0.066, 0.27, CAP)
        m.add(DARK, box((-0.62, y - 0.028, z + dz + 0.05), (-0.53, y + 0.028, z + dz + 0.084), 0.005))
    hose = [
        (0.0, ARM[1] + 0.055, 0.05),
        (-0.10, ARM[1] + 0.03, 0.22),
        (-0.16, 0.22, 0.345),
        (0.06, 0.06, 0.355),
        (0.25, 0.02, 0.34),
        (0.27, 0.0, 0.24),
    ]
    m.add(CAP, pipe(hose, 0.036, 0.15, 14, 5))
    m.add("steel", box((0.10, 0.00, 0.275), (0.15, 0.11, 0.400), 0.006))
    m.add(DARK, prism(rounded(rect(-0.12, 0.19, 0.12, 0.235), 0.012, 2), 0.127, 0.134, "xz"))
    m.hull("elbow", rings("y", [(-0.225, 0.195), (-0.17, 0.208), (ARM[0] - 0.004, 0.205)]))
    m.hull("a3_motor", rings("y", [(-0.51, 0.108), (-0.22, 0.115)]))
    front = rings("x", [(0.452, 0.165)], (-0.02, z), 12)
    block = [
        [x, y, v]
        for x, v in ((-0.19, -0.07), (0.17, -0.09), (0.29, 0.0), (0.30, 0.25), (-0.34, 0.285), (-0.36, 0.02))
        for y in (-0.188, 0.134)
    ]
    m.hull("block", np.vstack([block, front]))
    m.hull(
        "motors",
        [
            [x, y, v]
            for x in (-0.675, -0.34)
            for y, v in (
                (-0.172, z - 0.125),
                (0.118, z - 0.125),
                (0.118, z + 0.11),
                (0.080, z + 0.170),
                (-0.13, z + 0.170),
                (-0.172, z + 0.11),
            )
        ],
    )
    m.hull(
        "hose",
        [
            [0.06, ARM[1] + 0.09, 0.02],
            [-0.06, ARM[1] + 0.09, 0.02],
            [-0.16, ARM[1] + 0.07, 0.20],
            [0.0, ARM[1] + 0.07, 0.20],
            [-0.20, 0.26, 0.40],
            [-0.02, 0.26, 0.40],
            [-0.20, 0.14, 0.40],
            [0.06, ARM[0] + 0.03, 0.02],
            [-0.10, ARM[0], 0.02],
            [-0.20, ARM[0], 0.25],
        ],
    )
    m.hull(
        "hose_top",
        [
            [x, y, v]
            for x, y in ((-0.20, 0.14), (-0.20, 0.27), (0.10, 0.13), (0.38, 0.075), (0.38, -0.015), (0.0, 0.0))
            for v in (0.26, 0.40)
        ],
    )
    return m


def link_4() -> Model:
    """Forearm tube and wrist fork, turning about +x. Frame: on A4's axis above A3."""
    m = Model("link_4")
    m.add(CAP, revolve([(0.138, 0.445), (0.138, 0.475)], (0, 0, 0), (1, 0, 0), 40))
    profile = [
        (0.135, 0.468),
        (0.156, 0.485),
        (0.156, 0.56),
        (0.136, 0.62),
        (0.112, 0.94),
        (0.120, 0.99),
        (0.110, 1.03),
    ]
    m.add(BODY, revolve(profile, (0, 0, 0), (1, 0, 0), 44))
    m.add(DARK, revolve([(0.1575, 0.505), (0.1575, 0.535)], (0, 0, 0), (1, 0, 0), 44))
    m.add(BODY, rbox((0.90, -0.125, -0.108), (1.105, 0.125, 0.108), 0.045, "yz", 0.018))
    for s in (-1, 1):
        a, b = sorted((s * 0.078, s * 0.128))
        m.add(BODY, prism(slot((0.98, 0), (FOREARM, 0), 0.112, 0.100, 14), a, b, "xz", 0.012, steps=2))
        a, b = sorted((s * 0.125, s * 0.140))
        m.add(DARK, prism(circle(0.070, (FOREARM, 0), 32), a, b, "xz", 0.006))
        for k in range(8):
            t = np.radians(45 * k)
            p = (FOREARM + 0.084 * np.cos(t), s * 0.124, 0.084 * np.sin(t))
            m.add("steel", cylinder(p, (p[0], s * 0.133, p[2]), 0.008, 6, 0))
    m.add(DARK, prism(rounded(rect(0.68, -0.030, 0.84, 0.030), 0.020), 0.100, 0.134, "xz", 0.003))
    m.hull("tube", rings("x", [(0.445, 0.162), (0.57, 0.162), (1.0, 0.124)]))
    m.hull("fork", capsule((0.97, 0), (FOREARM, 0), 0.122, 0.106, -0.140, 0.140))
    return m


def link_5() -> Model:
    """Hand, tilting about y. Frame: wrist centre."""
    m = Model("link_5")
    m.add(BODY, cylinder((0, -0.074, 0), (0, 0.074, 0), 0.096, 36, 0.010))
    nose = (
        (0.0, 0.072, 0.090, 0.035),
        (0.080, 0.073, 0.086, 0.050),
        (0.115, 0.082, 0.084, 0.076),
        (0.150, 0.080, 0.080, 0.0785),
    )
    m.add(BODY, loft([section("yz", x, 0, 0, hy, hz, r) for x, hy, hz, r in nose]))
    m.add(CAP, revolve([(0.070, 0.146), (0.070, 0.162)], (0, 0, 0), (1, 0, 0), 32))
    m.hull("hand", np.vstack([rings("y", [(-0.074, 0.100), (0.074, 0.100)]), rings("x", [(0.157, 0.086)])]))
    return m


def link_6() -> Model:
    """Mounting flange, turning about +x (ISO 9409-1-125 pattern). Frame: wrist centre."""
    m = Model("link_6")
    profile = [(0.074, 0.158), (0.079, 0.165), (0.079, FLANGE - 0.016), (0.050, FLANGE - 0.012), (0.050, FLANGE)]
    m.add("steel", revolve(profile, (0, 0, 0), (1, 0, 0), 40))
    for k in range(10):
        a = np.radians(36 * k)
        p = (FLANGE - 0.0165, 0.0625 * np.cos(a), 0.0625 * np.sin(a))
        m.add(CAP, cylinder(p, (FLANGE - 0.0140, p[1], p[2]), 0.006, 8, 0))
    m.hull("flange", rings("x", [(0.158, 0.082), (FLANGE, 0.082)], n=12))
    return m
