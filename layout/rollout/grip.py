"""What a tool has to give a part so that it goes along, and what the tool can give.

    f = m (a - g)                              m: mass, a: acceleration of the part's centre, g: gravity

    jaws       |f| <= 2 mu F                   F: force of each jaw, mu: friction of the part; in whatever direction
    suction    f_along + f_across / mu <= F    Coulomb: what is pulled along the axis no longer presses on the face

Monkman, Hesse, Steinmann & Schunk, Robot Grippers, Wiley-VCH 2007, chapter 3 (friction grips) and 5 (suction). Jaws
that reach round the part hold more across their closing direction: that is left out, to the safe side.
"""

from __future__ import annotations

import numpy as np

from layout.model.equip import GRAVITY_M_S2
from layout.model.library import Hold, ToolModel
from layout.model.pose import Array
from layout.scene import meshes
from layout.scene.physics.parts import Form

LEAST_FRICTION = 1e-6
ABOVE_M = 0.002
"""What of a tool is this far above a part's top passes over others as high."""


def needed(hold: Hold, friction: float, mass_kg: float, acceleration: Array, axis: Array) -> tuple[float, float]:
    """What a part takes (N) and what the tool can give (N): beyond it, the part is lost.

    acceleration : (3,) m/s^2 of the part's centre; axis : (3,) unit vector of the tool, away from the flange
    """
    force = mass_kg * (np.asarray(acceleration, dtype=float) + [0.0, 0.0, GRAVITY_M_S2])
    if hold.by == "jaws":
        return float(np.linalg.norm(force)), 2.0 * friction * hold.force_n
    along = -float(force @ axis)  # above 0: the tool pulls the part towards its flange
    across = float(np.linalg.norm(force + along * np.asarray(axis)))
    return along + across / max(friction, LEAST_FRICTION), hold.force_n


def beyond_m(tool: ToolModel, form: Form) -> float:
    """How far (m) a tool that holds a part from above reaches beyond the part's ends, however it is turned about its
    axis; less than 0 where it does not. What is above the part's top does not count."""
    grasp = np.asarray(form.model.grasp_m)
    top = -(float(form.high_m[2]) - float(grasp[2])) - ABOVE_M  # along the tool's axis, from its centre point
    reach = 0.0
    for piece in meshes.hull_pieces(tool.hulls):
        off = piece - np.asarray(tool.tcp_m)
        low, high = off[off[:, 2] >= top], off[off[:, 2] < top]
        if not len(low):
            continue
        share = (top - high[:, 2])[:, None] / (low[:, 2][None, :] - high[:, 2][:, None])
        cut = high[:, None, :2] + share[..., None] * (low[None, :, :2] - high[:, None, :2])
        reach = max(reach, *np.hypot(*np.vstack([low[:, :2], cut.reshape(-1, 2)]).T).tolist())
    ends = min(float(grasp[0] - form.low_m[0]), float(form.high_m[0] - grasp[0]))
    return reach - ends
