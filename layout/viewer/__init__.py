"""Looking at a line while it runs, in PyBullet's window."""

from layout.viewer.replay import Replay
from layout.viewer.schedule import Moment, PartState, Schedule
from layout.viewer.view import view

__all__ = ["Moment", "PartState", "Replay", "Schedule", "view"]
