"""The model.yaml of every arm: what is known of it, and from where (degrees unless a unit is written)."""

from collections.abc import Sequence

from . import arm, urdf


def listed(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{v:g}" for v in values) + "]"


def box_footprint(half_x: float, half_y: float) -> str:
    """A rectangle about the origin, counter-clockwise."""
    corners = ((-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y))
    return "[" + ", ".join(listed(c) for c in corners) + "]"


RAMP_S = 0.1  # s from rest to full acceleration, assumed where no jerk is published: jerk = acceleration / RAMP_S


def _joints(rows: Sequence[tuple[str, float, float, float]]) -> list[str]:
    return [f"  {n}: {{speed: {v:g}, acceleration: {a:g}, jerk: {j:g}}}" for n, v, a, j in rows]


def _arm(name: str, head: Sequence[str], rows: Sequence[tuple[str, float, float, float]], note: str) -> str:
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


def kr16() -> str:
    """arm_16kg_r2010: published speeds; accelerations assumed."""
    head = [
        "description: six-axis arm, 16 kg, 2.013 m reach, on a 0.45 m pedestal, with a parallel gripper",
        'source: "Link lengths, axis ranges and speeds, payload and mass of the KUKA KR 16 R2010-2 (KR CYBERTECH '
        'specification); own shape, own URDF. Accelerations, jerks and torques are assumptions."',
        "urdf: arm.urdf",
        "base: base_link",
        "tip: tool0",
        f"tcp: [0, 0, {arm.TCP:g}]",
        f"footprint: {box_footprint(0.30, 0.30)}",
        "service: {front: 0 mm, back: 0 mm, left: 0 mm, right: 0 mm}",
        "payload: 16 kg",
        "reach: 2.013 m",
        "tool_mass: 3.5 kg           # the gripper, a link of the URDF",
        "grip: 0.4 s",
        "home: [0, -90, 90, 0, 90, 0]",
    ]
    rows = []
    for number, axis in enumerate(urdf.AXES, start=1):
        rise = 0.6 if number <= 3 else 0.3
        acceleration = round(axis.speed / rise, 1)
        rows.append((f"joint_a{number}", axis.speed, acceleration, round(acceleration / RAMP_S, 1)))
    return _arm(
        "arm_16kg_r2010",
        head,
        rows,
        "assumed, with rated payload: full speed in 0.6 s (A1-A3) and 0.3 s (A4-A6), jerk = acceleration / 0.1 s",
    )


def iiwa7() -> str:
    """kuka_iiwa7: the model that ships with PyBullet, with datasheet speeds."""
    head = [
        "description: KUKA LBR iiwa 7 R800, seven axes, 7 kg (model of pybullet_data, on a pedestal)",
        'source: "KUKA LBR iiwa 7 R800 datasheet: reach 800 mm, payload 7 kg, axis speeds 98, 98, 100, 130, 140, '
        "180, 180 degrees/s. URDF: pybullet_data. Accelerations and jerks are assumptions. "
        'Tool: a 155 mm gripper, not in the URDF."',
        "urdf: pybullet_data:kuka_iiwa/model.urdf",
        "base: lbr_iiwa_link_0",
        "tip: lbr_iiwa_link_7",
        "mount: 700 mm",
        "tcp: [0, 0, 0.2]            # flange 45 mm beyond link 7's frame, then the gripper",
        f"footprint: {box_footprint(0.20, 0.20)}",
        "service: {front: 0 mm, back: 0 mm, left: 0 mm, right: 0 mm}",
        "payload: 7 kg",
        "reach: 0.8 m",
        "tool_mass: 1 kg",
        "grip: 0.5 s",
        "home: [0, 30, 0, -80, 0, 70, 0]",
    ]
    speeds = (98, 98, 100, 130, 140, 180, 180)
    rows = [
        (f"lbr_iiwa_joint_{k}", v, round(v / 0.3, 1), round(round(v / 0.3, 1) / RAMP_S, 1))
        for k, v in enumerate(speeds, start=1)
    ]
    return _arm("kuka_iiwa7", head, rows, "assumed: full speed in 0.3 s, jerk = acceleration / 0.1 s")


def panda() -> str:
    """franka_panda: the model that ships with PyBullet, with published limits."""
    head = [
        "description: Franka Emika Panda, seven axes, 3 kg, with its hand (of pybullet_data, on a pedestal)",
        'source: "Franka Emika Panda datasheet: reach 855 mm, payload 3 kg, axis speeds 150 and 180 degrees/s; '
        "accelerations 15, 7.5, 10, 12.5, 15, 20, 20 rad/s^2 and jerks 3750 to 10000 rad/s^3 from its control "
        'parameters. URDF: pybullet_data."',
        "urdf: pybullet_data:franka_panda/panda.urdf",
        "base: panda_link0",
        "tip: panda_hand",
        "mount: 700 mm",
        "tcp: [0, 0, 0.105]          # between the fingertips, as panda_grasptarget",
        f"footprint: {box_footprint(0.20, 0.20)}",
        "service: {front: 0 mm, back: 0 mm, left: 0 mm, right: 0 mm}",
        "payload: 3 kg",
        "reach: 0.855 m",
        "tool_mass: 0.73 kg          # the hand, a link of the URDF",
        "grip: 0.5 s",
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
