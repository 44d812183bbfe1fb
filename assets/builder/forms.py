"""What a model.yaml of a machine, a vehicle or a part says, and how it is written (m and degrees without a unit)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .model import Axis
from .sheets import box_footprint, listed


@dataclass(frozen=True)
class Port:
    """A hand-over place as in docs/model-yaml.md; `tool` and `retreat` for arm ports only."""

    kind: str
    by: str
    at: Sequence[float]
    facing: Sequence[float]
    tool: Sequence[float] = ()
    retreat: Sequence[float] = ()

    def text(self, name: str) -> str:
        """The port's block under `ports:`."""
        lines = [f"  {name}:", f"    kind: {self.kind}", f"    by: [{self.by}]", f"    at: {listed(self.at)}"]
        if self.tool:
            lines += [f"    tool: {listed(self.tool)}", f"    retreat: {listed(self.retreat)}"]
        return "\n".join([*lines, f"    facing: {listed(self.facing)}"])


@dataclass(frozen=True)
class Machine:
    """Sheet of a machine: footprint (half sizes, or a polygon, m), service (mm: front, back, left, right)."""

    description: str
    source: str
    footprint: tuple[float, float] | Sequence[tuple[float, float]]
    service_mm: tuple[int, int, int, int]
    ports: Mapping[str, Port] = field(default_factory=dict)

    def text(self, name: str, moving: Sequence[Axis] = ()) -> str:
        """The whole model.yaml; `moving` are the axes of its shape."""
        front, back, left, right = self.service_mm
        lines = [
            f"name: {name}",
            "kind: machine",
            f'description: "{self.description}"',
            f'source: "{self.source}"',
            "visual: visual.glb",
            "hulls: hulls.obj",
            f"footprint: {_footprint(self.footprint)}",
            f"service: {{front: {front} mm, back: {back} mm, left: {left} mm, right: {right} mm}}",
        ]
        if self.ports:
            lines += ["ports:", *(port.text(key) for key, port in self.ports.items())]
        if moving:
            lines += ["urdf: machine.urdf", "axes:                       # m/s, m/s^2; degrees/s, /s^2 where it turns"]
            lines += [f"  {a.name}: {{speed: {a.speed:g}, acceleration: {a.acceleration:g}}}" for a in moving]
            lines += ["programs:                   # mm; degrees where it turns"]
            for program in ("load", "work"):
                places = ", ".join(f"{a.name}: {getattr(a, program) * (1 if a.turns else 1e3):g}" for a in moving)
                lines.append(f"  {program}: {{{places}}}")
        return "\n".join([*lines, ""])


def _footprint(given: tuple[float, float] | Sequence[tuple[float, float]]) -> str:
    if len(given) == 2:
        return box_footprint(float(given[0]), float(given[1]))  # type: ignore[arg-type]
    return "[" + ", ".join(listed(corner) for corner in given) + "]"  # type: ignore[arg-type]


@dataclass(frozen=True)
class Vehicle:
    """Sheet of a vehicle: half footprint (m), speeds (m/s, m/s^2, degrees/s), times (s), payload (kg), deck (m)."""

    description: str
    source: str
    half: tuple[float, float]
    speed: float
    acceleration: float
    turn: float
    dock: float
    handover: float
    payload: float
    deck: Sequence[float]

    def text(self, name: str) -> str:
        """The whole model.yaml."""
        return "\n".join(
            [
                f"name: {name}",
                "kind: vehicle",
                f'description: "{self.description}"',
                f'source: "{self.source}"',
                "visual: visual.glb",
                "hulls: hulls.obj",
                f"footprint: {box_footprint(*self.half)}",
                f"speed: {self.speed:g} m/s",
                f"acceleration: {self.acceleration:g} m/s2",
                f"turn: {self.turn:g}                    # degrees/s on the spot",
                f"dock: {self.dock:g} s",
                f"handover: {self.handover:g} s",
                f"payload: {self.payload:g} kg",
                f"deck: {listed(self.deck)}",
                "",
            ]
        )


@dataclass(frozen=True)
class Part:
    """Sheet of a part: mass (kg), friction, and where a tool holds it (m)."""

    description: str
    source: str
    mass: float
    grasp: Sequence[float]
    friction: float = 0.4

    def text(self, name: str) -> str:
        """The whole model.yaml."""
        return "\n".join(
            [
                f"name: {name}",
                "kind: part",
                f'description: "{self.description}"',
                f'source: "{self.source}"',
                "visual: visual.glb",
                "hulls: hulls.obj",
                f"mass: {self.mass:g} kg",
                f"friction: {self.friction:g}",
                f"grasp: {listed(self.grasp)}",
                "",
            ]
        )
