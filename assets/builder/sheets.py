"""The model.yaml of every model: what is known of it, and from where (m, degrees unless a unit is written)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from . import arm, lathe, mill, parts, stations, urdf, vision, washer


def _list(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{v:g}" for v in values) + "]"


def box_footprint(half_x: float, half_y: float) -> str:
    """A rectangle about the origin, counter-clockwise."""
    corners = ((-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y))
    return "[" + ", ".join(_list(c) for c in corners) + "]"


@dataclass(frozen=True)
class Port:
    """A hand-over place as in docs/model-yaml.md; `tool` and `retreat` for arm ports only."""

    kind: str
    by: str
    at: Sequence[float]
    facing: Sequence[float]
    tool: Sequence[float] = ()
    retreat: Sequence[float] = ()

    def text(self, name: str) -> str:
        """The port's block under `ports:`."""
        lines = [f"  {name}:", f"    kind: {self.kind}", f"    by: [{self.by}]", f"    at: {_list(self.at)}"]
        if self.tool:
            lines += [f"    tool: {_list(self.tool)}", f"    retreat: {_list(self.retreat)}"]
        return "\n".join([*lines, f"    facing: {_list(self.facing)}"])


@dataclass(frozen=True)
class Machine:
    """Sheet of a machine: half footprint (m), service clearances (mm) in the order front, back, left, right."""

    description: str
    source: str
    half: tuple[float, float]
    service_mm: tuple[int, int, int, int]
    ports: Mapping[str, Port] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The whole model.yaml."""
        front, back, left, right = self.service_mm
        return "\n".join(
            [
                f"name: {name}",
                "kind: machine",
                f"description: {self.description}",
                f'source: "{self.source}"',
                "visual: visual.glb",
                "hulls: hulls.obj",
                f"footprint: {box_footprint(*self.half)}",
                f"service: {{front: {front} mm, back: {back} mm, left: {left} mm, right: {right} mm}}",
                "ports:",
                *(port.text(key) for key, port in self.ports.items()),
                "",
            ]
        )


OUTWARDS = (0.0, -1.0)
REACH_IN, DOWN = (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)
BELTS = "belt, direct"
OWN = "Own design, no vendor's drawing; "
TOP, HAND = stations.BELT_TOP, stations.HAND_OVER

MACHINES: dict[str, Machine] = {
    "cnc_mill": Machine(
        "compact vertical machining centre, automatic front door (open)",
        OWN + "size class of 30-taper tapping centres (Brother SPEEDIO S300, FANUC ROBODRILL D14/D21, Haas DM-1): "
        "about 1.0-1.1 m wide, 2.0-2.2 m deep, 2.2-2.5 m high, table about 0.6 x 0.4 m; "
        "rounded to 1.06 x 2.20 x 2.30 m",
        (0.53, 1.10),
        (700, 600, 100, 300),
        {"table": Port("inout", "arm", mill.AT, OUTWARDS, REACH_IN, (0, -0.58, 0.03))},
    ),
    "cnc_lathe": Machine(
        "compact single-spindle chucker, spindle facing the front, sliding door (open)",
        OWN
        + "size class of compact chucker lathes with a 200-220 mm chuck (front-facing chuckers of Muratec and Takamaz, "
        "compact turning centres such as EMCO EMCOTURN E25): about 1.4-1.7 m wide, 1.2-1.4 m deep, 1.7-1.9 m high; "
        "rounded to 1.60 x 1.38 x 1.80 m",
        (0.80, 0.69),
        (700, 500, 100, 500),
        {"chuck": Port("inout", "arm", lathe.AT, OUTWARDS, REACH_IN, (0, -0.50, 0.03))},
    ),
    "part_washer": Machine(
        "compact spray-chamber washer with rotating basket, lifting door (open)",
        OWN + "size class of single-chamber spray washers for parts to about 300 mm: about 1.0 x 1.1 x 1.9 m, rounded",
        (0.50, 0.55),
        (700, 500, 500, 0),
        {"basket": Port("inout", "arm", washer.AT, OUTWARDS, REACH_IN, (0, -0.46, 0.03))},
    ),
    "vision_station": Machine(
        "camera inspection cell of aluminium profile with a ring light and a shuttle table",
        OWN + "built from 45 mm profile as integrators do: 0.80 x 0.80 x 1.92 m, open to the front",
        (vision.HALF, vision.HALF),
        (700, 500, 0, 0),
        {"nest": Port("inout", "arm", vision.AT, OUTWARDS, DOWN, (0, -0.42, 0.05))},
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
}

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


def part(name: str, description: str, source: str, mass: float) -> str:
    """model.yaml of a part."""
    return "\n".join(
        [
            f"name: {name}",
            "kind: part",
            f"description: {description}",
            f'source: "{source}"',
            "visual: visual.glb",
            "hulls: hulls.obj",
            f"mass: {mass:g} kg",
            "friction: 0.4",
            f"grasp: [0, 0, {parts.GRASP:g}]",
            "",
        ]
    )


def bracket() -> str:
    """model.yaml of part_bracket."""
    return part(
        "part_bracket",
        "U bracket milled from aluminium, 160 x 130 x 80 mm",
        "Own design. Mass from its volume at 2700 kg/m^3 (aluminium). Friction against rubber belt and jaws: assumed.",
        parts.bracket_mass(),
    )


def flange() -> str:
    """model.yaml of part_flange."""
    return part(
        "part_flange",
        "turned steel flange, 135 mm across, 60 mm high, six bolt holes",
        "Own design. Mass from its volume at 7850 kg/m^3 (steel). Friction against rubber belt and jaws: assumed.",
        parts.flange_mass(),
    )
