"""The engine's world: bodies are loaded once and moved for each line, so that memory stays flat over a search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

import numpy as np
import pybullet as engine
from numpy.typing import NDArray

from layout.errors import Problem, SceneError
from layout.model.library import ArmModel, MachineModel, PartModel
from layout.model.line import Line
from layout.model.pose import Array
from layout.scene import bodies, meshes, solids, things
from layout.scene.bodies import Body
from layout.scene.cameras import Camera, light, standing
from layout.scene.display import problem_with_display
from layout.scene.furniture import Piece
from layout.scene.shading import Shot, develop
from layout.scene.things import Key, Standing, Thing

PARKING_M = 10_000.0
"""Bodies that a line does not use stand here, out of everything's way."""
PARKING_PITCH_M = 50.0


class Scene:
    """A world of machines and arms. Use as a context manager, or call `close` when done.

    gui : show PyBullet's window (needs a display)
    visuals : load what pictures need; a search needs collision hulls only. On with `gui`.

    Raises SceneError where the window cannot be opened.
    """

    def __init__(self, gui: bool = False, visuals: bool | None = None, title: str = "layout") -> None:
        self.visuals = gui if visuals is None else visuals
        self.gui = gui
        if gui:
            problem = problem_with_display()
            if problem:
                raise SceneError(problem)
        with bodies.quiet():
            self._client: int = engine.connect(engine.GUI if gui else engine.DIRECT, options=_options(gui, title))
        if self._client < 0:
            raise SceneError(Problem("the physics engine does not start", hint="close other PyBullet windows"))
        engine.setPhysicsEngineParameter(enableFileCaching=0, physicsClientId=self._client)
        self._pool: dict[Key, list[Thing]] = {}
        self._placed: dict[str, Thing] = {}
        self._models: dict[str, Standing] = {}
        self._outlines: dict[Key, Array] = {}
        self._dress: list[int] = []
        self._overlays: dict[str, list[int]] = {}
        self._parked = 0

    # ------------------------------------------------------------ life

    def close(self) -> None:
        """Let the engine go; a second call does nothing."""
        if self._client >= 0:
            if engine.isConnected(self._client):
                with bodies.quiet():
                    engine.disconnect(self._client)
            self._client = -1

    @property
    def open(self) -> bool:
        """Whether the world is still there (a user may have closed its window)."""
        return self._client >= 0 and bool(engine.isConnected(self._client))

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # ------------------------------------------------------------ placing

    def place(self, line: Line) -> None:
        """Put every station and arm of a line where its pose says; everything else is parked.

        Arms are at home, machines as they are loaded (doors open). Vehicles stand nowhere until `set_vehicle` puts
        them somewhere. Raises SceneError where a model's files cannot be loaded.
        """
        self._check_open()
        used: dict[Key, int] = {}
        placed: dict[str, Thing] = {}
        models: dict[str, Standing] = {item.name: item.model for item in standing(line)}
        models |= {member: fleet.model for fleet in line.fleets.values() for member in fleet.members}
        for name, model in models.items():
            key = things.key_of(model)
            used[key] = used.get(key, 0) + 1
            placed[name] = self._thing(key, used[key] - 1, model)
        for key, pool in self._pool.items():
            for spare in pool[used.get(key, 0) :]:
                self._park(spare)
        for fleet in line.fleets.values():
            for member in fleet.members:
                self._park(placed[member])
        for item in standing(line):
            thing = placed[item.name]
            if isinstance(item.model, ArmModel):
                thing.mount_m = item.model.mount_m
                thing.bend(item.model.home)
            elif item.model.axes:
                thing.bend(item.model.position("load"))
            thing.put(item.pose.x_m, item.pose.y_m, item.pose.yaw_rad)
        self._placed, self._models = placed, models

    def set_joints(self, arm: str, angles: Sequence[float] | Array) -> None:
        """Bend a placed arm (rad; m where prismatic), in its model's joint order, a rail first."""
        self._bend(arm, angles, "joints")

    def set_axes(self, station: str, positions: Sequence[float] | Array) -> None:
        """Move a placed machine's axes, such as its door (m; rad where they turn), in its model's order."""
        self._bend(station, positions, "axes")

    def set_vehicle(self, name: str, x_m: float, y_m: float, yaw_rad: float) -> None:
        """Put a vehicle ("carts 1") on the floor: its middle (m) and the way it looks (rad)."""
        self._named(name).put(x_m, y_m, yaw_rad)

    def tool(self, arm: str) -> Array:
        """(4, 4) float: pose of a placed arm's tool centre point in the world, tool z pointing away from the flange."""
        body, model = self._named(arm).body, self._models[arm]
        assert isinstance(model, ArmModel)
        at, turn = bodies.link_frame(body.base, body.tip, self._client)
        pose = np.eye(4)
        pose[:3, :3] = np.reshape(engine.getMatrixFromQuaternion(turn), (3, 3))
        pose[:3, 3] = np.asarray(at) + pose[:3, :3] @ np.add(model.seat_m, model.tcp_m)
        return pose

    def outline(self, model: MachineModel | ArmModel) -> Array:
        """(k, 2) float (m): what a model's hulls cover in plan, in its own frame, its doors wherever they go.

        Of an arm it is its footprint (with its rail).
        """
        key = things.key_of(model)
        if key not in self._outlines:
            points = np.asarray(model.footprint_m, dtype=float)
            if isinstance(model, MachineModel):
                pieces = meshes.hull_pieces(model.hulls)
                for positions in solids.program_positions(model):
                    pieces += solids.moving_pieces(model, positions)
                points = np.vstack([piece[:, :2] for piece in pieces])
            self._outlines[key] = _convex(points)
        return self._outlines[key]

    # ------------------------------------------------------------ measuring

    def distances(self, pairs: Sequence[tuple[str, str]], limit_m: float, whole_arms: bool = False) -> Array:
        """(n,) float (m): least distance between the hulls of each pair of placed things.

        Negative where they penetrate, inf where they are farther apart than `limit_m`. Machines count with their axes
        where those stand. Of arms only what is fixed to the floor counts (a rail, and all that the arm's foot takes
        along it); with `whole_arms` all links where they are, the tool and the rail's bed.
        """
        found = np.full(len(pairs), np.inf)
        shapes = {name: self._named(name).solids(whole_arms) for pair in pairs for name in pair}
        for row, (first, second) in enumerate(pairs):
            for a, link_a, round_a in shapes[first]:
                for b, link_b, round_b in shapes[second]:
                    points = engine.getClosestPoints(
                        a, b, distance=limit_m, linkIndexA=link_a, linkIndexB=link_b, physicsClientId=self._client
                    )
                    if points:
                        found[row] = min(found[row], min(point[8] for point in points) + round_a + round_b)
        found[found > limit_m] = np.inf
        return found

    # ------------------------------------------------------------ showing

    def dress(self, pieces: Iterable[Piece]) -> None:
        """Show floor, obstacles, belts and the like instead of those shown before."""
        self._check_open()
        for body in self._dress:
            engine.removeBody(body, physicsClientId=self._client)
        self._dress = self._load_pieces(pieces, "dress")

    def lay_over(self, key: str, pieces: Iterable[Piece], shown: bool = True) -> None:
        """Make an overlay, to be shown and hidden by its key."""
        self._check_open()
        for body in self._overlays.get(key, []):
            engine.removeBody(body, physicsClientId=self._client)
        self._overlays[key] = self._load_pieces(pieces, f"overlay-{key}")
        self.show_overlay(key, shown)

    def show_overlay(self, key: str, shown: bool) -> None:
        """Show or hide an overlay."""
        place = (0.0, 0.0, 0.0 if shown else -PARKING_M)
        for body in self._overlays.get(key, []):
            engine.resetBasePositionAndOrientation(body, place, (0, 0, 0, 1), physicsClientId=self._client)

    def _load_pieces(self, pieces: Iterable[Piece], name: str) -> list[int]:
        found = []
        for number, piece in enumerate(pieces):
            path = meshes.cache_folder() / f"{name}-{id(self):x}-{self._client}-{number}.obj"
            meshes.write_obj(piece.mesh, path)
            found.append(bodies.load_shown(meshes.Painted(path, piece.rgba), self._client))
            path.unlink()
        return found

    def prop(self, model: PartModel) -> Body:
        """A part to show; move it with its `move(position, quaternion)`, `park` it when it is gone."""
        self._check_open()
        body = bodies.load_prop(model, self._client)
        self.park(body)
        return body

    def park(self, body: Body) -> None:
        """Put a part out of sight."""
        body.move((PARKING_M + PARKING_PITCH_M * (body.base % 1000), PARKING_M, 0.0))

    def shoot(self, camera: Camera, width: int, height: int) -> Shot:
        """What the CPU renderer sees, without shadows: colours, depth and which body each pixel shows."""
        self._check_open()
        view = tuple(camera.view().T.ravel())
        projection = tuple(camera.projection(width / height).T.ravel())
        with bodies.quiet():
            _, _, rgba, depth, seen = engine.getCameraImage(
                width,
                height,
                view,
                projection,
                lightDirection=light(camera),
                lightColor=(1.0, 1.0, 1.0),
                lightAmbientCoeff=0.62,
                lightDiffuseCoeff=0.42,
                lightSpecularCoeff=0.12,
                shadow=0,
                renderer=engine.ER_TINY_RENDERER,
                physicsClientId=self._client,
            )
        near, far = camera.near_m, camera.far_m
        z = np.reshape(np.asarray(depth, dtype=np.float32), (height, width))
        return Shot(
            colour=np.reshape(np.asarray(rgba, dtype=np.uint8), (height, width, 4))[:, :, :3].copy(),
            depth_m=(far * near / (far - z * (far - near))).astype(np.float32),
            body=np.reshape(np.asarray(seen), (height, width)).astype(np.int64),
        )

    def render(
        self, camera: Camera, width: int = 1600, height: int = 1000, fine: int = 2, sun: Camera | None = None
    ) -> NDArray[np.uint8]:
        """(height, width, 3) uint8: the scene, each pixel averaged from `fine` x `fine` finer ones.

        sun : a camera where the light stands (see `cameras.sun`); without it nothing throws a shadow
        """
        shot = self.shoot(camera, width * fine, height * fine)
        return develop(shot, camera, fine, (self.shoot(sun, SUN_PX, SUN_PX), sun) if sun else None)

    @property
    def client(self) -> int:
        """The engine's client id, for the viewer's window."""
        return self._client

    # ------------------------------------------------------------ inside

    def _check_open(self) -> None:
        if self._client < 0:
            raise SceneError(Problem("the scene is closed", hint="make a new Scene"))

    def _thing(self, key: Key, number: int, model: Standing) -> Thing:
        pool = self._pool.setdefault(key, [])
        while len(pool) <= number:
            pool.append(things.load(model, self._client, self.visuals, self.gui))
        return pool[number]

    def _bend(self, name: str, positions: Sequence[float] | Array, what: str) -> None:
        thing = self._named(name)
        if len(positions) != thing.dof:
            raise SceneError(Problem(f"{name} has {thing.dof} {what}", value=f"{len(positions)} given"))
        thing.bend(positions)

    def _park(self, thing: Thing) -> None:
        thing.put(PARKING_M + PARKING_PITCH_M * (thing.body.base % 1000), PARKING_M, 0.0)

    def _named(self, name: str) -> Thing:
        self._check_open()
        try:
            return self._placed[name]
        except KeyError:
            known = ", ".join(self._placed) or "nothing"
            raise SceneError(Problem("no such thing is placed", value=name, hint=f"placed: {known}")) from None


SUN_PX = 1600
"""Width of the picture from the light: a shadow's edge is true to a centimetre on a floor of 15 m."""


def _convex(points: Array) -> Array:
    import shapely

    hull: Any = shapely.convex_hull(shapely.multipoints(points))
    return np.asarray(shapely.get_coordinates(hull)[:-1], dtype=float)


def _options(gui: bool, title: str) -> str:
    if not gui:
        return ""
    return (
        f"--window_title={title.replace(' ', '_')} --width=1600 --height=1000 --background_color_red=0.94 "
        "--background_color_green=0.95 --background_color_blue=0.96"
    )
