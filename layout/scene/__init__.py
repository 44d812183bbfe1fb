"""The line in three dimensions: the only package that talks to the physics engine."""

from layout.scene import quiet  # noqa: F401  first of all: imports the engine
from layout.scene.cameras import Camera, frame, plan_view
from layout.scene.pictures import picture
from layout.scene.scene import Scene

__all__ = ["Camera", "Scene", "frame", "picture", "plan_view"]
