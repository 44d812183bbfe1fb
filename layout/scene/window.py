"""The engine's window on a scene: camera, texts, keys."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import numpy as np
import pybullet as engine
from numpy.typing import NDArray

from layout.errors import Problem, SceneError
from layout.model.line import Line
from layout.scene.bodies import quiet
from layout.scene.cameras import ISOMETRIC_ELEVATION_RAD, best_azimuth_rad, frame, light
from layout.scene.scene import Scene

WINDOW_FOV_RAD = math.radians(90.0)
"""The engine's window has this lens, and no other ..."""
FRAME_FOV_RAD = math.radians(80.0)
"""... so the line is framed by a narrower one: the edges of so wide a picture are distorted."""
ASPECT = 1.6

INK = (0.13, 0.15, 0.18)


class Window:
    """What is in front of the user. The scene must be one with `gui=True`."""

    def __init__(self, scene: Scene) -> None:
        if not scene.gui:
            raise SceneError(Problem("the scene has no window", hint="make it with Scene(gui=True)"))
        self._client = scene.client
        self._scene = scene
        self._texts: dict[str, tuple[int, str, tuple[float, float, float]]] = {}
        for flag, on in (
            (engine.COV_ENABLE_GUI, 0),
            (engine.COV_ENABLE_KEYBOARD_SHORTCUTS, 0),
            (engine.COV_ENABLE_SHADOWS, 1),
            (engine.COV_ENABLE_RGB_BUFFER_PREVIEW, 0),
            (engine.COV_ENABLE_DEPTH_BUFFER_PREVIEW, 0),
            (engine.COV_ENABLE_SEGMENTATION_MARK_PREVIEW, 0),
        ):
            engine.configureDebugVisualizer(flag, on, physicsClientId=self._client)

    @property
    def open(self) -> bool:
        """False once the user has closed the window."""
        return self._scene.open

    def look(self, line: Line) -> None:
        """Point the camera at the whole line."""
        azimuth = best_azimuth_rad(line)
        camera = frame(line, ASPECT, azimuth, fov_rad=FRAME_FOV_RAD)
        engine.resetDebugVisualizerCamera(
            cameraDistance=math.dist(camera.eye_m, camera.target_m),
            cameraYaw=math.degrees(azimuth) + 90.0,
            cameraPitch=-math.degrees(ISOMETRIC_ELEVATION_RAD),
            cameraTargetPosition=camera.target_m,
            physicsClientId=self._client,
        )
        size = math.dist(camera.eye_m, camera.target_m)
        engine.configureDebugVisualizer(
            lightPosition=[10 * size * part for part in light(camera)],
            shadowMapResolution=4096,
            shadowMapWorldSize=round(2 * size),
            shadowMapIntensity=0.55,
            physicsClientId=self._client,
        )

    def place_at(self, across: float, down: float) -> tuple[float, float, float]:
        """The place (m) that the camera now sees at these shares of the window's width and height.

        As far away as what the camera looks at: texts begin at theirs.
        """
        seen = engine.getDebugVisualizerCamera(physicsClientId=self._client)
        view, projection = (np.array(seen[i]).reshape(4, 4, order="F") for i in (2, 3))
        target = projection @ view @ np.array([*seen[11], 1.0])
        point = np.linalg.solve(
            projection @ view, target[3] * np.array([2 * across - 1, 1 - 2 * down, target[2] / target[3], 1.0])
        )
        x, y, z = point[:3] / point[3]
        return float(x), float(y), float(z)

    def text(
        self,
        key: str,
        text: str,
        at_m: tuple[float, float, float],
        size: float = 1.2,
        colour: tuple[float, float, float] = INK,
    ) -> None:
        """Show a text at a place (m), instead of what was shown under that key."""
        known = self._texts.get(key)
        if known is not None and known[1:] == (text, colour):
            return
        number = engine.addUserDebugText(
            text,
            at_m,
            textColorRGB=colour,
            textSize=size,
            replaceItemUniqueId=known[0] if known is not None else -1,
            physicsClientId=self._client,
        )
        self._texts[key] = (number, text, colour)

    def pressed(self) -> set[str]:
        """Characters of the keys that went down since the last call."""
        events = engine.getKeyboardEvents(physicsClientId=self._client)
        return {chr(key) for key, state in events.items() if state & engine.KEY_WAS_TRIGGERED and 0 < key < 0x110000}

    @contextlib.contextmanager
    def until_closed(self) -> Iterator[None]:
        """What is done in here ends without a word when the user closes the window."""
        try:
            yield
        except engine.error:
            if self.open:
                raise

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Draw nothing while many things change, such as at loading."""
        engine.configureDebugVisualizer(engine.COV_ENABLE_RENDERING, 0, physicsClientId=self._client)
        try:
            yield
        finally:
            engine.configureDebugVisualizer(engine.COV_ENABLE_RENDERING, 1, physicsClientId=self._client)

    def draw(self) -> None:
        """Bring the window up to date."""
        engine.configureDebugVisualizer(engine.COV_ENABLE_SINGLE_STEP_RENDERING, 1, physicsClientId=self._client)

    def photograph(self, width: int = 1600, height: int = 1000) -> NDArray[np.uint8]:
        """(height, width, 3) uint8: what the window's camera sees, without texts."""
        with quiet():
            seen = engine.getDebugVisualizerCamera(physicsClientId=self._client)
            _, _, rgba, _, _ = engine.getCameraImage(
                width,
                height,
                seen[2],
                seen[3],
                shadow=1,
                renderer=engine.ER_BULLET_HARDWARE_OPENGL,
                physicsClientId=self._client,
            )
        image: NDArray[np.uint8] = np.reshape(np.asarray(rgba, dtype=np.uint8), (height, width, 4))[:, :, :3].copy()
        return image
