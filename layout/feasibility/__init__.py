"""Whether a line could be built: every rule it breaks, by how much.

`RULES` names the families in the order they are checked, from cheap to dear.
"""

from layout.feasibility.check import FLAT, RULES, SOLID, check, quick, ways
from layout.feasibility.ground import Ground, envelopes, footprints

__all__ = ["FLAT", "RULES", "SOLID", "Ground", "check", "envelopes", "footprints", "quick", "ways"]
