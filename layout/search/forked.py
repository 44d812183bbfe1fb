"""What the server imports from which workers are forked: all that a worker calls, and the compiler's tables.

The first call of compiled code fills numba's tables, a third of a second; made here, it is made once.
"""

from layout.motion.clocks import rest_to_rest
from layout.search import workers

__all__ = ["workers"]

rest_to_rest(1.0, 1.0, 1.0, 1.0)
