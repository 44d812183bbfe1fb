"""Grippers: what is bolted to an arm's flange (m). Frame: the flange, z away from the arm; jaws open along y."""

import numpy as np

from .corners import rings
from .details import motor
from .model import Model
from .shapes import box, cylinder, pipe, prism, rbox, rect, rounded

BODY, DARK, CAP = "orange", "anthracite", "black"


def parallel() -> Model:
    """Pneumatic parallel gripper, jaws open along y to 136 mm."""
    m = Model("gripper_parallel")
    m.add("steel", cylinder((0, 0, 0), (0, 0, 0.018), 0.045, 32))
    m.add(DARK, box((-0.042, -0.085, 0.018), (0.042, 0.085, 0.092), 0.008))
    m.add("steel", box((-0.044, -0.088, 0.060), (0.044, 0.088, 0.074), 0.003))
    m.add(BODY, box((-0.0425, -0.04, 0.028), (0.0425, 0.04, 0.050), 0.002))
    m.solid("body", (-0.044, -0.088, 0.018), (0.044, 0.088, 0.092))
    m.hull("adapter", rings("z", [(0.0, 0.047), (0.020, 0.047)], n=12))
    m.add("steel", box((-0.030, -0.105, 0.090), (0.030, 0.105, 0.100), 0.002))
    for s in (-1, 1):
        a, b = sorted((s * 0.060, s * 0.104))
        m.add("steel", box((-0.027, a, 0.098), (0.027, b, 0.122), 0.003))
        a, b = sorted((s * 0.074, s * 0.090))
        finger = [
            (a, 0.118),
            (b, 0.118),
            (b, 0.16),
            (b - 0.004 * (s > 0), 0.215),
            (a + 0.004 * (s < 0), 0.215),
            (a, 0.16),
        ]
        m.add("dark_steel", prism(finger, -0.020, 0.020, "yz", 0.002))
        a, b = sorted((s * 0.068, s * 0.076))
        m.add(CAP, box((-0.018, a, 0.178), (0.018, b, 0.214), 0.002))
        m.add("steel", cylinder((0.0, s * 0.085, 0.035), (0.0, s * 0.097, 0.035), 0.007, 8, 0.001))
        hose = [
            (0.0, s * 0.095, 0.035),
            (-0.02, s * 0.100, 0.02),
            (-0.045, s * 0.075, 0.012),
            (-0.045, s * 0.03, 0.006),
        ]
        m.add(CAP, pipe(hose, 0.005, 0.02, 6))
        inside = ((0.060, 0.092), (0.105, 0.092), (0.105, 0.122), (0.068, 0.122), (0.068, 0.215), (0.090, 0.215))
        m.hull("finger", [[x, s * y, z] for x in (-0.022, 0.022) for y, z in inside])
        low, high = sorted((s * 0.030, s * 0.108))
        m.solid("hose", (-0.052, low, 0.0), (0.010, high, 0.044))
    return m


def small() -> Model:
    """Electric two-finger gripper of a light arm, jaws open along y to 110 mm."""
    m = Model("gripper_small")
    m.add("aluminium", cylinder((0, 0, 0), (0, 0, 0.010), 0.0375, 32, 0.002))
    m.add(
        "steel",
        *(
            cylinder(
                (0.031 * np.cos(a), 0.031 * np.sin(a), 0.009),
                (0.031 * np.cos(a), 0.031 * np.sin(a), 0.013),
                0.0035,
                6,
                0,
            )
            for a in np.radians(45 + 90 * np.arange(4))
        ),
    )
    m.add(DARK, rbox((-0.034, -0.044, 0.010), (0.034, 0.044, 0.078), 0.014, "xy", 0.005))
    m.add("white", rbox((-0.0355, -0.026, 0.030), (0.0355, 0.026, 0.062), 0.008, "yz", 0.001))
    m.add("steel", box((-0.020, -0.072, 0.077), (0.020, 0.072, 0.085), 0.002))
    m.hull(
        "body",
        [
            *rings("z", [(0.0, 0.039), (0.018, 0.039)]).tolist(),
            *[[x, y, z] for x in (-0.0355, 0.0355) for y in (-0.044, 0.044) for z in (0.014, 0.085)],
        ],
    )
    for s in (-1, 1):
        a, b = sorted((s * 0.048, s * 0.074))
        m.add("aluminium", box((-0.018, a, 0.083), (0.018, b, 0.100), 0.002))
        outline = [
            (s * 0.063, 0.098),
            (s * 0.074, 0.098),
            (s * 0.074, 0.120),
            (s * 0.067, 0.160),
            (s * 0.061, 0.160),
            (s * 0.061, 0.122),
        ]
        m.add(DARK, prism(outline if s > 0 else outline[::-1], -0.014, 0.014, "yz", 0.0015))
        a, b = sorted((s * 0.055, s * 0.0615))
        m.add(CAP, box((-0.013, a, 0.128), (0.013, b, 0.159), 0.0015))
        inside = ((0.046, 0.083), (0.076, 0.083), (0.076, 0.120), (0.069, 0.160), (0.055, 0.160), (0.055, 0.124))
        m.hull("finger", [[x, s * y, z] for x in (-0.019, 0.019) for y, z in inside])
    m.add(CAP, pipe([(-0.030, 0, 0.045), (-0.050, 0, 0.045), (-0.052, 0, 0.020), (-0.040, 0, 0.003)], 0.004, 0.015, 6))
    m.solid("cable", (-0.056, -0.006, 0.0), (-0.034, 0.006, 0.050))
    return m


def heavy() -> Model:
    """Clamp of a heavy arm: a welded frame, two jaws on linear guides, a motor; jaws open along y to 460 mm."""
    m = Model("gripper_heavy")
    m.add("steel", cylinder((0, 0, 0), (0, 0, 0.030), 0.100, 40))
    m.add(
        "steel",
        *(
            cylinder(
                (0.0625 * np.cos(a), 0.0625 * np.sin(a), 0.028),
                (0.0625 * np.cos(a), 0.0625 * np.sin(a), 0.042),
                0.009,
                6,
                0,
            )
            for a in np.radians(36 * np.arange(10))
        ),
    )
    m.add(DARK, prism(rounded(rect(-0.10, -0.14, 0.10, 0.14), 0.03), 0.030, 0.075, "xy", 0.005))
    m.add(BODY, box((-0.11, -0.32, 0.075), (0.11, 0.32, 0.150), 0.010))
    for x in (-0.078, 0.078):
        m.add("steel", box((x - 0.016, -0.315, 0.148), (x + 0.016, 0.315, 0.168), 0.003))
    m.add("dark_steel", cylinder((0, -0.31, 0.162), (0, 0.31, 0.162), 0.014, 16, 0.001))
    motor(m, (0.0, -0.318, 0.112), (0, -1, 0), 0.045, 0.15, CAP)
    for s in (-1, 1):
        a, b = sorted((s * 0.205, s * 0.305))
        m.add(DARK, box((-0.105, a, 0.165), (0.105, b, 0.205), 0.006))
        jaw = [
            (s * 0.245, 0.200),
            (s * 0.300, 0.200),
            (s * 0.300, 0.260),
            (s * 0.275, 0.420),
            (s * 0.250, 0.420),
            (s * 0.245, 0.300),
        ]
        for x in (-0.075, 0.075):
            m.add("mid_grey", prism(jaw if s > 0 else jaw[::-1], x - 0.022, x + 0.022, "yz", 0.003))
        a, b = sorted((s * 0.243, s * 0.256))
        m.add("dark_steel", box((-0.105, a, 0.285), (0.105, b, 0.425), 0.003))
        a, b = sorted((s * 0.230, s * 0.244))
        m.add(CAP, box((-0.100, a, 0.295), (0.100, b, 0.420), 0.003))
        inside = ((0.205, 0.165), (0.306, 0.165), (0.306, 0.260), (0.280, 0.426), (0.230, 0.426), (0.230, 0.285))
        m.hull("jaw", [[x, s * y, z] for x in (-0.107, 0.107) for y, z in inside])
        m.add(
            "yellow",
            box(
                (-0.112, sorted((s * 0.295, s * 0.321))[0], 0.085),
                (0.112, sorted((s * 0.295, s * 0.321))[1], 0.140),
                0.003,
            ),
        )
    m.add(
        CAP, pipe([(0.10, 0.10, 0.06), (0.135, 0.12, 0.06), (0.135, 0.06, 0.018), (0.09, 0.03, 0.016)], 0.012, 0.03, 8)
    )
    m.hull("frame", [[x, y, z] for x in (-0.112, 0.112) for y in (-0.322, 0.322) for z in (0.074, 0.170)])
    m.hull("adapter", rings("z", [(0.0, 0.104), (0.031, 0.104)], n=12))
    m.solid("plate", (-0.10, -0.14, 0.030), (0.148, 0.14, 0.075))
    m.solid("cable", (0.080, 0.020, 0.0), (0.148, 0.135, 0.075))
    m.hull("motor", rings("y", [(-0.475, 0.050), (-0.318, 0.052)], (0.0, 0.112)))
    return m


def vacuum() -> Model:
    """Area gripper for cartons: a vacuum plate with a foam face, ejector block and hose; 300 x 200 mm."""
    m = Model("gripper_vacuum")
    m.add("aluminium", cylinder((0, 0, 0), (0, 0, 0.012), 0.040, 32, 0.002))
    for y in (-0.035, 0.035):
        m.add("aluminium", box((-0.030, y - 0.006, 0.010), (0.030, y + 0.006, 0.088), 0.002))
    m.add("aluminium", box((-0.034, -0.045, 0.010), (0.034, 0.045, 0.020), 0.003))
    m.add("blue", rbox((-0.150, -0.100, 0.086), (0.150, 0.100, 0.128), 0.012, "xy", 0.003))
    m.add("aluminium", rbox((-0.152, -0.102, 0.126), (0.152, 0.102, 0.134), 0.012, "xy", 0.001))
    m.add(CAP, rbox((-0.148, -0.098, 0.133), (0.148, 0.098, 0.155), 0.010, "xy", 0.002))
    # the foam's suction holes
    for k in range(9):
        for row in range(6):
            x, y = -0.128 + 0.032 * k, -0.080 + 0.032 * row
            m.add("dark_steel", cylinder((x, y, 0.1545), (x, y, 0.1558), 0.0075, 8, 0))
    m.add(DARK, box((-0.135, -0.045, 0.086), (-0.055, 0.045, 0.100), 0.002))
    m.add(DARK, rbox((-0.130, -0.040, 0.040), (-0.060, 0.040, 0.090), 0.010, "xz", 0.004))
    m.add("screen", box((-0.112, -0.0425, 0.055), (-0.078, -0.039, 0.075), 0.001))
    m.add("steel", cylinder((0.090, 0, 0.084), (0.090, 0, 0.100), 0.020, 16))
    m.add(
        CAP, pipe([(0.090, 0, 0.095), (0.090, 0, 0.045), (0.060, 0.02, 0.030), (0.030, 0.045, 0.030)], 0.013, 0.03, 10)
    )
    m.hull(
        "neck",
        [
            *rings("z", [(0.0, 0.042)], n=8).tolist(),
            *[[x, y, z] for x in (-0.034, 0.034) for y in (-0.046, 0.046) for z in (0.006, 0.090)],
        ],
    )
    m.hull(
        "plate",
        [
            [x, y, z]
            for z in (0.085, 0.156)
            for x, y in (
                (0.153, 0.093),
                (0.143, 0.103),
                (-0.143, 0.103),
                (-0.153, 0.093),
                (-0.153, -0.093),
                (-0.143, -0.103),
                (0.143, -0.103),
                (0.153, -0.093),
            )
        ],
    )
    m.solid("ejector", (-0.136, -0.046, 0.038), (-0.054, 0.046, 0.088))
    m.hull(
        "hose",
        [
            [x, y, z]
            for x, z in ((0.110, 0.086), (0.110, 0.035), (0.070, 0.015), (0.028, 0.015), (0.028, 0.086))
            for y in (-0.022, 0.062)
        ],
    )
    return m


TOOLS = {"gripper_parallel": parallel, "gripper_small": small, "gripper_heavy": heavy, "gripper_vacuum": vacuum}
