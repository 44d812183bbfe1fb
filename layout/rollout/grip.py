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
from layout.model.library import Hold
from layout.model.pose import Array

LEAST_FRICTION = 1e-6


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
