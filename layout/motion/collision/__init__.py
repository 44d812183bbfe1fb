"""Whether an arm, its tool and its part keep clear of what stands around: exact distances of convex pieces.

`surroundings(line, arm_name)` is what stands within an arm's reach, `mover(model, part_hull)` what the arm moves;
`gap`, `free`, `first_hit`, `any_hit` and `Choice` measure the one against the other. Importing this loads numba.
"""

from layout.motion.collision.check import Hit, any_hit, first_hit, free, gap
from layout.motion.collision.choice import Choice
from layout.motion.collision.mover import Mover, mover
from layout.motion.collision.surroundings import Surroundings, surroundings

__all__ = ["Choice", "Hit", "Mover", "Surroundings", "any_hit", "first_hit", "free", "gap", "mover", "surroundings"]
