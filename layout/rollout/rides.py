"""A part on a table that moves: it keeps its place on it, and nothing touches it on the way."""

from __future__ import annotations

import numpy as np

from layout.model.pose import matrix, quaternion
from layout.scene.physics.axes import AxesBody
from layout.scene.physics.parts import Part


class Ride:
    """From where a part stands on a link of a machine's axes, along with that, until it is back."""

    def __init__(self, part: Part, body: AxesBody, link: int) -> None:
        self._part, self._number = part, part.number
        self._body, self._link = body, link
        self._home = part.pose()
        self._seat = np.linalg.inv(matrix(*body.place(link))) @ matrix(*self._home)

    def goes_on(self, part: Part) -> bool:
        """Whether it is this part's."""
        return part is self._part and part.number == self._number

    def move(self) -> None:
        """Put the part where its place on the link is now; nothing where a station has it no more."""
        if self._part.number == self._number and self._part.state in ("clamped", "led"):
            pose = matrix(*self._body.place(self._link)) @ self._seat
            self._part.lead(pose[:3, 3].tolist(), quaternion(pose[:3, :3]))

    def end(self) -> None:
        """The link is back: the part stands where it stood before."""
        if self._part.number == self._number and self._part.state == "led":
            self._part.clamp(*self._home)
