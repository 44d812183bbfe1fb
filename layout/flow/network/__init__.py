"""From a line and its moves to the tables that the kernel runs on."""

from layout.flow.network.compiler import Network, compile_line
from layout.flow.network.lists import crew_times

__all__ = ["Network", "compile_line", "crew_times"]
