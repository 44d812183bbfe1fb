"""Arms with what is bolted to them: a gripper at the flange, a rail under the foot."""

from __future__ import annotations

from dataclasses import replace

from layout.model.library import ArmModel, Hold, Inertia, Joint, Rail, ToolModel

RAIL_JOINT = "rail"
"""Name of the linear axis among an arm's joints; it comes first."""

RAIL_WIDTH_M = 0.7
"""What a rail covers across its way: floor tracks for arms of 10 to 200 kg are 0.6 to 1 m wide; the arm's own foot
counts where it is wider."""

RAIL_SPEEDUP_S = 0.1
"""A rail reaches its full acceleration in this time."""

USUAL_FRICTION = 0.4
"""Between jaws and a machined part, where a tool's hold is not known."""

SAFETY = 2.0
"""Friction grips are chosen to hold this many times what the part weighs and takes to accelerate."""

GRAVITY_M_S2 = 9.81

_NOTHING = Inertia(0.0, (0.0, 0.0, 0.0), ((0.0, 0.0, 0.0),) * 3)
_STILL = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))


def with_tool(arm: ArmModel, tool: ToolModel) -> ArmModel:
    """The arm with another gripper at its flange."""
    return replace(arm, tool=tool, tcp_m=tool.tcp_m, tool_mass_kg=tool.mass_kg, grip_s=tool.grip_s, hold=tool.hold)


def hold_of(arm: ArmModel) -> Hold:
    """What the arm's gripper can hold; where nobody says, jaws made for the rated payload.

    They press so that at USUAL_FRICTION they hold SAFETY times the payload (without the tool) against its weight and an
    acceleration of the same size.
    """
    if arm.hold is not None:
        return arm.hold
    carried_kg = max(arm.payload_kg - arm.tool_mass_kg, 0.0)
    return Hold(SAFETY * carried_kg * 2.0 * GRAVITY_M_S2 / (2.0 * USUAL_FRICTION), "jaws")


def on_rail(arm: ArmModel, rail: Rail) -> ArmModel:
    """The arm on a linear axis along its x: one joint more, in front of its own; it begins in the middle."""
    half = rail.length_m / 2
    xs, ys = [x for x, _ in arm.footprint_m], [y for _, y in arm.footprint_m]
    left, right = -half + min(xs), half + max(xs)
    low, high = min(*ys, -RAIL_WIDTH_M / 2), max(*ys, RAIL_WIDTH_M / 2)
    joint = Joint(
        name=RAIL_JOINT,
        lower=-half,
        upper=half,
        speed=rail.speed_m_s,
        acceleration=rail.acceleration_m_s2,
        jerk=rail.acceleration_m_s2 / RAIL_SPEEDUP_S,
        origin=_STILL,
        axis=(1.0, 0.0, 0.0),
        prismatic=True,
    )
    return replace(
        arm,
        joints=(joint, *arm.joints),
        home=(0.0, *arm.home),
        footprint_m=((left, low), (right, low), (right, high), (left, high)),
        rail=rail,
        inertias=(_NOTHING, *arm.inertias) if arm.inertias else (),
    )
