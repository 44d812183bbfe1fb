"""The engine's window on a scene: camera, texts, keys."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

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


TEXT_AT_M = 0.5
"""Texts hang so far in front of the camera: nothing stands between."""


@dataclass
class _Text:
    """A text in the window, its place in the line or on the screen, and the engine's number for it."""

    text: str
    at_m: tuple[float, float, float] | None
    on_screen: tuple[float, float] | None
    size: float
    colour: tuple[float, float, float]
    number: int


class Window:
    """What is in front of the user. The scene must be one with `gui=True`."""

    def __init__(self, scene: Scene) -> None:
        if not scene.gui:
            raise SceneError(Problem("the scene has no window", hint="make it with Scene(gui=True)"))
        self._client = scene.client
        self._scene = scene
        self._texts: dict[str, _Text] = {}
        self._view: tuple[float, ...] = ()
        self._placed_for: tuple[float, ...] = ()
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

    def text(
        self,
        key: str,
        text: str,
        at_m: tuple[float, float, float] | None = None,
        size: float = 1.2,
        colour: tuple[float, float, float] = INK,
        on_screen: tuple[float, float] | None = None,
    ) -> None:
        """Show a text at a place in the line (m), or on the screen, instead of what was shown under that key.

        on_screen : shares of the window's width and height; the text stays there, wherever the camera goes
        Texts are never hidden: they hang between the camera and the place that they name.
        """
        known = self._texts.get(key)
        if known is not None and (known.text, known.colour, known.at_m) == (text, colour, at_m):
            return
        made = _Text(text, at_m, on_screen, size, colour, known.number if known is not None else -1)
        self._texts[key] = made
        self._write(made)

    def wipe(self, key: str) -> None:
        """Take a text away."""
        known = self._texts.pop(key, None)
        if known is not None:
            engine.removeUserDebugItem(known.number, physicsClientId=self._client)

    def _write(self, text: _Text) -> None:
        eye, inverse = self._camera()
        if text.on_screen is not None:
            across, down = text.on_screen
            far = inverse @ [2 * across - 1, 1 - 2 * down, 0.9, 1.0]
            target = far[:3] / far[3]
        else:
            target = np.asarray(text.at_m, dtype=float)
        ray = target - eye
        length = float(np.linalg.norm(ray))
        place = eye + ray * (min(TEXT_AT_M, length) / max(length, 1e-9))
        text.number = engine.addUserDebugText(
            text.text,
            place.tolist(),
            textColorRGB=text.colour,
            textSize=text.size,
            replaceItemUniqueId=text.number,
            physicsClientId=self._client,
        )

    def _camera(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Eye (3,) (m) and the (4, 4) transform from the screen to the world."""
        seen = engine.getDebugVisualizerCamera(physicsClientId=self._client)
        self._view = tuple(seen[2])
        view, projection = (np.array(seen[i]).reshape(4, 4, order="F") for i in (2, 3))
        eye = -view[:3, :3].T @ view[:3, 3]
        return eye, np.linalg.inv(projection @ view)

    def _follow(self) -> None:
        """Put texts anew once the camera has come to rest somewhere else."""
        before = self._view
        self._view = tuple(engine.getDebugVisualizerCamera(physicsClientId=self._client)[2])
        if not self._placed_for:
            self._placed_for = self._view
        if self._view != self._placed_for and self._view == before:
            self._placed_for = self._view
            for text in self._texts.values():
                self._write(text)

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
        """Bring the window up to date; texts follow a camera that has moved."""
        self._follow()
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
