"""arm_10kg_r1100: the links of a compact six-axis arm of 1.101 m reach (m, kg, each in its joint's frame).

At A1 = A2 = A3 = 0 every frame is parallel to the base's and the arm is stretched out along +x:

                            link_2              A4 axis, 25 mm above A3
      A2 o============================o A3 ------------------o A5 --| flange
     25 |            560              |          515             90
   A1   |                                                     its foot stands on the pedestal (`mount`)
"""

import numpy as np

from .corners import capsule, rings
from .model import Model
from .shapes import (
    circle,
    cylinder,
    loft,
    prism,
    rbox,
    rect,
    revolve,
    rounded,
    section,
    slot,
)

A1_HEIGHT, A1_OFFSET, UPPER, ELBOW, FOREARM, FLANGE = 0.400, 0.025, 0.560, 0.025, 0.515, 0.090
FOOT = 0.104  # half the side of the foot
ARM = (0.074, 0.158)  # y from, to of the upper arm: forearm and wrist fold past it, on its right, by 15 mm
BODY, DARK, CAP, SIGN = "white", "anthracite", "black", "orange"


def base() -> Model:
    """The robot's foot: a square flange, a round trunk and the plugs at its back."""
    m = Model("base_link")
    m.add(DARK, prism(rounded(rect(-FOOT, -FOOT, FOOT, FOOT), 0.03), 0, 0.022, "xy", 0.003))
    for x in (-0.085, 0.085):
        for y in (-0.085, 0.085):
            m.add("steel", cylinder((x, y, 0.020), (x, y, 0.032), 0.0085, 6, 0.001))
    trunk = [
        (0.02, -0.008, 0.098, 0.090, 0.030),
        (0.05, -0.006, 0.092, 0.086, 0.050),
        (0.11, 0.0, 0.088, 0.086, 0.075),
        (0.165, 0.0, 0.090, 0.090, 0.0885),
    ]
    m.add(BODY, loft([section("xy", z, x, 0, hx, hy, r, 5) for z, x, hx, hy, r in trunk]))
    m.add(CAP, revolve([(0.083, 0.163), (0.083, 0.178)], n=36))
    m.add(DARK, rbox((-0.150, -0.058, 0.030), (-0.080, 0.058, 0.135), 0.014, "xz", 0.006))
    for y, z in ((-0.030, 0.105), (0.030, 0.105), (0.0, 0.070), (-0.035, 0.055), (0.035, 0.055)):
        m.add("steel", cylinder((-0.160, y, z), (-0.146, y, z), 0.011, 12, 0.001))
    m.hull(
        "flange",
        [
            [sx * u, sy * v, z]
            for sx in (-1, 1)
            for sy in (-1, 1)
            for u, v in ((FOOT, 0.08), (0.08, FOOT))
            for z in (0.0, 0.022)
        ],
    )
    m.hull("trunk", rings("z", [(0.02, 0.108), (0.178, 0.096)], n=12))
    m.solid("plugs", (-0.160, -0.058, 0.022), (-0.080, 0.058, 0.135))
    return m


def link_1() -> Model:
    """Rotating column that leans into the A2 drum. Frame: A1's axis at A2's height."""
    m = Model("link_1")
    m.add(BODY, revolve([(0.092, -0.224), (0.100, -0.216), (0.100, -0.185), (0.094, -0.172)], n=40))
    leaning = [
        (-0.176, 0.0, 0.0, 0.094, 0.094, 0.0925),
        (-0.13, 0.004, -0.008, 0.092, 0.086, 0.070),
        (-0.07, 0.014, -0.016, 0.090, 0.074, 0.055),
        (0.0, 0.022, -0.018, 0.092, 0.070, 0.050),
        (0.055, 0.025, -0.018, 0.070, 0.066, 0.045),
        (0.080, 0.025, -0.018, 0.040, 0.060, 0.030),
    ]
    m.add(BODY, loft([section("xy", z, x, y, hx, hy, r, 5) for z, x, y, hx, hy, r in leaning]))
    x = A1_OFFSET
    drum = [(0.070, -0.118), (0.086, -0.110), (0.094, -0.090), (0.094, 0.030), (0.088, 0.036)]
    m.add(BODY, revolve(drum, (x, 0, 0), (0, 1, 0), 40))
    m.add(CAP, cylinder((x, 0.030, 0), (x, ARM[0] + 0.002, 0), 0.080, 36, 0))
    m.add(DARK, revolve([(0.045, -0.126), (0.064, -0.122), (0.064, -0.112)], (x, 0, 0), (0, 1, 0), 32))
    m.add(SIGN, revolve([(0.0655, -0.1185), (0.0655, -0.1150)], (x, 0, 0), (0, 1, 0), 36))
    m.add(DARK, rbox((-0.110, -0.050, -0.150), (-0.070, 0.040, -0.040), 0.02, "yz", 0.008))
    m.hull(
        "column", np.vstack([rings("z", [(-0.224, 0.106)]), section("xy", 0.07, 0.022, -0.018, 0.075, 0.070, 0.02, 1)])
    )
    m.hull("drum", rings("y", [(-0.126, 0.085), (-0.095, 0.100), (ARM[0] - 0.002, 0.098)], (x, 0.0)))
    m.solid("cover", (-0.112, -0.052, -0.152), (-0.060, 0.042, -0.038))
    return m


def link_2() -> Model:
    """Upper arm along +x on the left of the column, closed and smooth."""
    m = Model("link_2")
    y0, y1 = ARM
    m.add(BODY, prism(slot((0, 0), (UPPER, 0), 0.097, 0.078, 18), y0, y1, "xz", 0.020, steps=3))
    for x, r in ((0.0, 0.060), (UPPER, 0.050)):
        m.add(DARK, revolve([(r, y1 - 0.004), (r, y1 + 0.005), (r - 0.008, y1 + 0.009)], (x, 0, 0), (0, 1, 0), 36))
        m.add(SIGN, revolve([(r + 0.003, y1 - 0.003), (r + 0.003, y1 + 0.002)], (x, 0, 0), (0, 1, 0), 36))
        m.add(
            "steel",
            *(
                cylinder(
                    (x + 0.7 * r * np.cos(a), y1 + 0.006, 0.7 * r * np.sin(a)),
                    (x + 0.7 * r * np.cos(a), y1 + 0.011, 0.7 * r * np.sin(a)),
                    0.0045,
                    6,
                    0,
                )
                for a in np.radians(60 * np.arange(6) + 15)
            ),
        )
    stripe = slot((0.150, 0), (0.415, 0), 0.030, 0.024, 10)
    m.add(DARK, prism(stripe, y1 - 0.004, y1 + 0.002, "xz", 0.001))
    m.hull("arm", capsule((0, 0), (UPPER, 0), 0.101, 0.082, y0, y1 + 0.010))
    return m


def link_3() -> Model:
    """Elbow drum and the housing from which the forearm comes."""
    m = Model("link_3")
    z = ELBOW
    drum = [(0.052, -0.082), (0.066, -0.074), (0.074, -0.058), (0.074, 0.030), (0.068, 0.036)]
    m.add(BODY, revolve(drum, (0, 0, 0), (0, 1, 0), 36))
    m.add(CAP, cylinder((0, 0.030, 0), (0, ARM[0] + 0.002, 0), 0.062, 32, 0))
    m.add(DARK, revolve([(0.036, -0.088), (0.048, -0.085), (0.048, -0.078)], (0, 0, 0), (0, 1, 0), 28))
    m.add(SIGN, revolve([(0.0495, -0.0835), (0.0495, -0.0805)], (0, 0, 0), (0, 1, 0), 32))
    m.add(
        BODY,
        loft(
            [
                section("yz", x, y, zz, hy, hz, r, 5)
                for x, y, zz, hy, hz, r in (
                    (-0.120, -0.012, z + 0.012, 0.036, 0.044, 0.030),
                    (-0.105, -0.012, z + 0.012, 0.052, 0.058, 0.040),
                    (-0.03, -0.012, z + 0.010, 0.062, 0.070, 0.045),
                    (0.06, -0.006, z + 0.004, 0.064, 0.066, 0.050),
                    (0.125, 0.0, z, 0.060, 0.060, 0.0585),
                )
            ]
        ),
    )
    m.add(CAP, revolve([(0.055, 0.12), (0.055, 0.135)], (0, 0, z), (1, 0, 0), 32))
    m.add(DARK, rbox((-0.132, -0.042, z - 0.020), (-0.112, 0.018, z + 0.042), 0.012, "yz", 0.004))
    for y in (-0.026, 0.002):
        m.add("steel", cylinder((-0.140, y, z + 0.012), (-0.130, y, z + 0.012), 0.008, 12, 0.001))
    m.hull("drum", rings("y", [(-0.088, 0.064), (-0.062, 0.080), (ARM[0] - 0.002, 0.078)]))
    rear = section("yz", -0.140, -0.012, z + 0.012, 0.050, 0.056, 0.02, 1)
    middle = section("yz", 0.0, -0.010, z + 0.008, 0.066, 0.072, 0.02, 1)
    m.hull("housing", np.vstack([rear, middle, rings("x", [(0.135, 0.064)], (0.0, z), 12)]))
    return m


def link_4() -> Model:
    """Forearm tube and wrist fork, turning about +x. Frame: on A4's axis above A3."""
    m = Model("link_4")
    tube = [(0.050, 0.131), (0.058, 0.139), (0.058, 0.165), (0.052, 0.20), (0.048, 0.375), (0.046, 0.395)]
    m.add(BODY, revolve(tube, (0, 0, 0), (1, 0, 0), 36))
    m.add(SIGN, revolve([(0.0585, 0.150), (0.0585, 0.156)], (0, 0, 0), (1, 0, 0), 36))
    m.add(
        BODY,
        loft(
            [
                section("yz", x, 0, 0, hy, hz, r, 5)
                for x, hy, hz, r in (
                    (0.355, 0.044, 0.044, 0.042),
                    (0.395, 0.052, 0.046, 0.030),
                    (0.435, 0.055, 0.046, 0.020),
                )
            ]
        ),
    )
    for s in (-1, 1):
        a, b = sorted((s * 0.031, s * 0.055))
        m.add(BODY, prism(slot((0.425, 0), (FOREARM, 0), 0.046, 0.043, 12), a, b, "xz", 0.006, steps=2))
        a, b = sorted((s * 0.053, s * 0.059))
        m.add(DARK, prism(circle(0.031, (FOREARM, 0), 28), a, b, "xz", 0.003))
    m.add(DARK, prism(rounded(rect(0.235, -0.012, 0.335, 0.012), 0.010), 0.044, 0.0535, "xz", 0.001))
    m.hull("tube", rings("x", [(0.131, 0.061), (0.21, 0.056), (0.42, 0.052)]))
    m.hull("fork", capsule((0.39, 0), (FOREARM, 0), 0.050, 0.047, -0.059, 0.059))
    return m


def link_5() -> Model:
    """Hand, tilting about y. Frame: wrist centre."""
    m = Model("link_5")
    m.add(BODY, cylinder((0, -0.029, 0), (0, 0.029, 0), 0.041, 32, 0.005))
    nose = (
        (0.0, 0.028, 0.037, 0.014),
        (0.035, 0.029, 0.035, 0.020),
        (0.052, 0.032, 0.033, 0.030),
        (0.066, 0.031, 0.031, 0.0305),
    )
    m.add(BODY, loft([section("yz", x, 0, 0, hy, hz, r) for x, hy, hz, r in nose]))
    m.add(CAP, revolve([(0.027, 0.064), (0.027, 0.071)], (0, 0, 0), (1, 0, 0), 28))
    m.hull("hand", np.vstack([rings("y", [(-0.029, 0.043), (0.029, 0.043)]), rings("x", [(0.069, 0.034)])]))
    return m


def link_6() -> Model:
    """Mounting flange, turning about +x (ISO 9409-1-40 pattern). Frame: wrist centre."""
    m = Model("link_6")
    profile = [(0.028, 0.069), (0.030, 0.072), (0.030, FLANGE - 0.008), (0.020, FLANGE - 0.006), (0.020, FLANGE)]
    m.add("steel", revolve(profile, (0, 0, 0), (1, 0, 0), 32))
    for k in range(7):
        a = np.radians(45 * k + 22.5)
        p = (FLANGE - 0.0085, 0.025 * np.cos(a), 0.025 * np.sin(a))
        m.add(CAP, cylinder(p, (FLANGE - 0.0068, p[1], p[2]), 0.003, 8, 0))
    m.hull("flange", rings("x", [(0.069, 0.031), (FLANGE, 0.031)]))
    return m
