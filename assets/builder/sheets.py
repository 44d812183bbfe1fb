"""The model.yaml of every arm and tool: what is known of it, and from where (m, degrees unless a unit is written)."""

from collections.abc import Sequence

from . import arm, robots


def listed(values: Sequence[float]) -> str:
    """A list in YAML's flow style."""
    return "[" + ", ".join(f"{v:g}" for v in values) + "]"


def box_footprint(half_x: float, half_y: float) -> str:
    """A rectangle about the origin, counter-clockwise."""
    corners = ((-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y))
    return "[" + ", ".join(listed(c) for c in corners) + "]"


RAMP_S = 0.1  # s from rest to full acceleration, assumed where no jerk is published: jerk = acceleration / RAMP_S
NO_SERVICE = "service: {front: 0 mm, back: 0 mm, left: 0 mm, right: 0 mm}"

Row = tuple[str, float, float, float]


def _joints(rows: Sequence[Row]) -> list[str]:
    return [f"  {n}: {{speed: {v:g}, acceleration: {a:g}, jerk: {j:g}}}" for n, v, a, j in rows]


def _arm(name: str, head: Sequence[str], rows: Sequence[Row], note: str) -> str:
    return "\n".join(
        [
            f"name: {name}",
            "kind: arm",
            *head,
            "joints:                     # degrees/s, /s^2, /s^3",
            f"  # {note}",
            *_joints(rows),
            "",
        ]
    )


def _rows(names: Sequence[str], speeds: Sequence[float], rises_s: Sequence[float], ramp_s: float = RAMP_S) -> list[Row]:
    """Joints that reach full speed in `rises_s` and full acceleration in `ramp_s`."""
    out = []
    for name, speed, rise in zip(names, speeds, rises_s, strict=True):
        acceleration = round(speed / rise, 1)
        out.append((name, speed, acceleration, round(acceleration / ramp_s, 1)))
    return out


def _own(robot: robots.Robot, head: Sequence[str], rise_s: float, ramp_s: float = RAMP_S) -> str:
    """Sheet of an arm that is built here: main axes reach full speed in `rise_s`, wrist axes in half of it."""
    names = [f"joint_a{k}" for k in range(1, 7)]
    rows = _rows(names, [axis.speed for axis in robot.axes], [rise_s] * 3 + [rise_s / 2] * 3, ramp_s)
    note = (
        f"assumed, with rated payload: full speed in {rise_s:g} s (A1-A3) and {rise_s / 2:g} s (A4-A6), "
        f"jerk = acceleration / {ramp_s:g} s"
    )
    return _arm(robot.name, ["urdf: arm.urdf", "base: base_link", "tip: tool0", *head], rows, note)


def kr10() -> str:
    """arm_10kg_r1100: published speeds; accelerations assumed."""
    head = [
        "description: compact six-axis arm, 10 kg, 1.101 m reach, on a 0.6 m pedestal",
        'source: "Link lengths (400, 25, 560, 25, 515, 90 mm), axis ranges and speeds, payload, reach and mass (56 kg) '
        "of the KUKA KR 10 R1100-2 (KR AGILUS-2 specification); own shape, own URDF. Accelerations, jerks, torques and "
        'how the mass is spread over the links are assumptions; inertias from the shapes."',
        "mount: 600 mm",
        f"footprint: {box_footprint(0.20, 0.20)}",
        NO_SERVICE,
        "payload: 10 kg",
        "reach: 1.101 m",
        "tool: gripper_small",
        "home: [0, -90, 90, 0, 90, 0]",
    ]
    return _own(robots.KR10, head, 0.5)


def kr16() -> str:
    """arm_16kg_r2010: published speeds; accelerations assumed."""
    head = [
        "description: six-axis arm, 16 kg, 2.013 m reach, on a 0.45 m pedestal",
        'source: "Link lengths (520, 160, 980, 150, 860, 153 mm), axis ranges and speeds, payload, reach and mass '
        "(255 kg) of the KUKA KR 16 R2010-2 (KR CYBERTECH specification); own shape, own URDF. Accelerations, jerks, "
        'torques and how the mass is spread over the links are assumptions; inertias from the shapes."',
        f"footprint: {box_footprint(0.30, 0.30)}",
        NO_SERVICE,
        "payload: 16 kg",
        "reach: 2.013 m",
        "tool: gripper_parallel",
        "home: [0, -90, 90, 0, 90, 0]",
    ]
    return _own(robots.KR16, head, 0.6)


def kr210() -> str:
    """arm_200kg_r2700: published speeds; accelerations assumed."""
    head = [
        "description: heavy six-axis arm, 210 kg, 2.701 m reach",
        'source: "Link lengths (645, 330, 1150, 115, 1220, 215 mm), axis ranges and speeds, payload, reach and mass '
        "(1077 kg, by link) of the KUKA KR 210 R2700-2 (KR QUANTEC-2 specification and KUKA's own robot description); "
        'own shape, own URDF. Accelerations, jerks and torques are assumptions; inertias from the shapes."',
        f"footprint: {box_footprint(0.46, 0.46)}",
        NO_SERVICE,
        "payload: 210 kg",
        "reach: 2.701 m",
        "tool: gripper_heavy",
        "home: [0, -90, 90, 0, 90, 0]",
    ]
    return _own(robots.KR210, head, 1.0, 0.2)


def xarm6() -> str:
    """xarm6: the model that ships with PyBullet, with datasheet speeds."""
    head = [
        "description: UFACTORY xArm 6, six axes, 5 kg (model of pybullet_data, on a pedestal)",
        'source: "UFACTORY xArm 6 user manual: reach 700 mm, payload 5 kg, 12.2 kg, axis speeds 180 degrees/s, '
        "accelerations to 1145 degrees/s^2 without saying at which load. URDF, ranges, masses and inertias: "
        'pybullet_data. Accelerations and jerks with rated payload are assumptions."',
        "urdf: pybullet_data:xarm/xarm6_robot_white.urdf",
        "base: world",
        "tip: link6",
        "mount: 700 mm",
        f"footprint: {box_footprint(0.20, 0.20)}",
        NO_SERVICE,
        "payload: 5 kg",
        "reach: 0.7 m",
        "tool: gripper_small",
        "home: [0, -45, -45, 0, 90, 0]",
    ]
    rows = _rows([f"joint{k}" for k in range(1, 7)], [180.0] * 6, [0.3] * 6)
    return _arm("xarm6", head, rows, "assumed, with rated payload: full speed in 0.3 s, jerk = acceleration / 0.1 s")


def iiwa7() -> str:
    """kuka_iiwa7: the model that ships with PyBullet, with datasheet speeds."""
    head = [
        "description: KUKA LBR iiwa 7 R800, seven axes, 7 kg (model of pybullet_data, on a pedestal)",
        'source: "KUKA LBR iiwa 7 R800 datasheet: reach 800 mm, payload 7 kg, axis speeds 98, 98, 100, 130, 140, '
        '180, 180 degrees/s. URDF, masses and inertias: pybullet_data. Accelerations and jerks are assumptions."',
        "urdf: pybullet_data:kuka_iiwa/model.urdf",
        "base: lbr_iiwa_link_0",
        "tip: lbr_iiwa_link_7",
        "flange: [0, 0, 0.045]       # beyond link 7's frame",
        "mount: 700 mm",
        f"footprint: {box_footprint(0.20, 0.20)}",
        NO_SERVICE,
        "payload: 7 kg",
        "reach: 0.8 m",
        "tool: gripper_small",
        "home: [0, 30, 0, -80, 0, 70, 0]",
    ]
    speeds = (98, 98, 100, 130, 140, 180, 180)
    rows = _rows([f"lbr_iiwa_joint_{k}" for k in range(1, 8)], speeds, [0.3] * 7)
    return _arm("kuka_iiwa7", head, rows, "assumed: full speed in 0.3 s, jerk = acceleration / 0.1 s")


def panda() -> str:
    """franka_panda: the model that ships with PyBullet, with published limits."""
    head = [
        "description: Franka Emika Panda, seven axes, 3 kg, with its hand (of pybullet_data, on a pedestal)",
        'source: "Franka Emika Panda datasheet: reach 855 mm, payload 3 kg, axis speeds 150 and 180 degrees/s; '
        "accelerations 15, 7.5, 10, 12.5, 15, 20, 20 rad/s^2 and jerks 3750 to 10000 rad/s^3 from its control "
        'parameters. URDF, masses and inertias: pybullet_data."',
        "urdf: pybullet_data:franka_panda/panda.urdf",
        "base: panda_link0",
        "tip: panda_hand",
        "mount: 700 mm",
        "tcp: [0, 0, 0.105]          # between the fingertips, as panda_grasptarget",
        f"footprint: {box_footprint(0.20, 0.20)}",
        NO_SERVICE,
        "payload: 3 kg",
        "reach: 0.855 m",
        "tool_mass: 0.73 kg          # the hand, a link of the URDF",
        "grip: 0.5 s",
        "hold: {force: 70 N, by: jaws}   # continuous force of the hand, from its datasheet",
        "accelerations: fixed        # limits of its controller, whatever it carries",
        "home: [0, -45, 0, -135, 0, 90, 45]",
    ]
    degrees = 57.29577951308232
    accelerations = (15, 7.5, 10, 12.5, 15, 20, 20)
    jerks = (7500, 3750, 5000, 6250, 7500, 10000, 10000)
    rows = [
        (
            f"panda_joint{k + 1}",
            150 if k < 4 else 180,
            round(accelerations[k] * degrees, 1),
            round(jerks[k] * degrees, 0),
        )
        for k in range(7)
    ]
    return _arm("franka_panda", head, rows, "published, 15 rad/s^2 = 859.4 degrees/s^2 and so on")


def _tool(name: str, description: str, source: str, mass: float, tcp: float, grip: float, hold: str) -> str:
    return "\n".join(
        [
            f"name: {name}",
            "kind: tool",
            f"description: {description}",
            f'source: "{source}"',
            "visual: visual.glb",
            "hulls: hulls.obj",
            f"mass: {mass:g} kg",
            f"tcp: [0, 0, {tcp:g}]",
            f"grip: {grip:g} s",
            f"hold: {{{hold}}}",
            "",
        ]
    )


def gripper_parallel() -> str:
    """model.yaml of gripper_parallel."""
    return _tool(
        "gripper_parallel",
        "pneumatic parallel gripper, jaws to 136 mm, for arms of 10 to 20 kg",
        "Own design, size class of pneumatic long-stroke parallel grippers with fingers (SCHUNK PGN-plus 160, Festo "
        "HGPL): 3 to 4 kg, 0.3 to 0.5 s a stroke. Holding force: assumed.",
        3.5,
        arm.TCP,
        0.4,
        "force: 600 N, by: jaws",
    )


def gripper_small() -> str:
    """model.yaml of gripper_small."""
    return _tool(
        "gripper_small",
        "electric two-finger gripper, jaws to 110 mm, for arms of 3 to 10 kg",
        "Own design, size class of electric two-finger grippers for light arms (Robotiq 2F-85 and 2F-140, OnRobot "
        "2FG7): 0.9 to 1.1 kg, 20 to 150 mm/s, to 140 N of grip force.",
        1.0,
        0.145,
        0.5,
        "force: 140 N, by: jaws",
    )


def gripper_heavy() -> str:
    """model.yaml of gripper_heavy."""
    return _tool(
        "gripper_heavy",
        "electric clamp gripper with long jaws, to 460 mm, for arms of 100 to 300 kg",
        "Own design, size class of heavy long-stroke grippers (SCHUNK PFH, PHL): 25 to 45 kg, about 1 s a stroke. "
        "Holding force: assumed.",
        38.0,
        0.36,
        1.0,
        "force: 5 kN, by: jaws",
    )


def gripper_vacuum() -> str:
    """model.yaml of gripper_vacuum."""
    return _tool(
        "gripper_vacuum",
        "vacuum area gripper with a foam face of 300 x 200 mm, for cartons and boards",
        "Own design, size class of vacuum area grippers with built-in ejector (Schmalz FXP, Piab KCS): 2 to 4 kg, 0.2 "
        "to 0.4 s to build the vacuum. Holding force: 54 openings of 15 mm (95 cm2) at 0.6 bar of vacuum, 573 N, "
        "divided by a safety of 2 for porous cardboard (Schmalz, vacuum system design: safety 2 for porous goods).",
        2.6,
        0.155,
        0.3,
        "force: 285 N, by: suction",
    )


ARMS = {
    "arm_10kg_r1100": kr10,
    "arm_16kg_r2010": kr16,
    "arm_200kg_r2700": kr210,
    "franka_panda": panda,
    "kuka_iiwa7": iiwa7,
    "xarm6": xarm6,
}
TOOLS = {
    "gripper_heavy": gripper_heavy,
    "gripper_parallel": gripper_parallel,
    "gripper_small": gripper_small,
    "gripper_vacuum": gripper_vacuum,
}
