"""Lines for tests of the flow simulation: no meshes, no files; times in s unless said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from layout.model.distribution import Distribution, deterministic
from layout.model.floor import Floor
from layout.model.library import ArmModel, MachineModel, PartModel, VehicleModel
from layout.model.line import Arm, Belt, Fleet, Layout, Line, LineProduct, Link, Staff, Station
from layout.model.pose import Pose
from layout.model.results import ArmTimes, BeltTimes, DoorTimes, FleetTimes, Moves, Zone
from layout.model.scenario import Failure, Time

MACHINE = MachineModel("box", "", Path("none"), Path("none"), 1.0, ((0, 0), (1, 0), (1, 1), (0, 1)), {}, {})
PART = PartModel("part", "", Path("none"), Path("none"), 1.0, 0.5, (0.0, 0.0, 0.0))
ARM = ArmModel("arm", "", Path("none"), "base", "tip", (), (), (0.0, 0.0, 0.0), (), (), {}, 1.0, 10.0, 2.0, 1.0, 0.0)
CART = VehicleModel("cart", "", Path("none"), Path("none"), 0.3, ((0, 0), (1, 0), (1, 1)), 1.0, 1.0, 1.0, 0.0, 0.0, 9.0)
FLOOR = Floor(boundary=((0, 0), (9, 0), (9, 7), (0, 7)))


def exponential(mean_s: float) -> Distribution:
    return Distribution("exponential", (mean_s,))


def failure(between: Distribution, repair: Distribution, clock: str = "operating") -> Failure:
    return Failure.model_validate({"clock": clock, "between": between, "repair": repair})


def station(
    name: str,
    operations: Mapping[str, Any] | None = None,
    *,
    servers: int = 1,
    buffer: tuple[int, int] = (0, 0),
    failures: Mapping[str, Failure] | None = None,
    source: Any = None,
    sink: bool = False,
    products: Sequence[str] = ("part",),
    **more: Any,
) -> Station:
    """`operations`: name -> time for all products, or product -> time; `source`: "saturated" or interarrival time;
    `more`: other fields, as they are."""
    by_product = {
        op: {p: _times(t) for p, t in times.items()}
        if isinstance(times, Mapping)
        else dict.fromkeys(products, _times(times))
        for op, times in (operations or {}).items()
    }
    return Station(
        name=name,
        machine=name,
        model=MACHINE,
        pose=Pose(0, 0),
        operations=by_product,
        servers=servers,
        buffer_in=buffer[0],
        buffer_out=buffer[1],
        failures=failures or {},
        is_source=source is not None,
        arrivals=None if source in (None, "saturated") else _times(source),
        is_sink=sink,
        **more,
    )


def _times(value: Any) -> Distribution:
    return value if isinstance(value, Distribution) else deterministic(float(value))


def link(origin: str, target: str, time_s: float = 0.0, name: str | None = None) -> Link:
    return Link(name or f"{origin}-{target}", origin, target, time_s)


def belt(origin: str, target: str, name: str | None = None) -> Belt:
    return Belt(name or f"{origin}~{target}", origin, target, 0.3, 0.4, 0.4)


def arm(name: str, serves: Sequence[str], dispatch: str = "first_come", cycle: Sequence[str] = ()) -> Arm:
    return Arm(name, ARM, Pose(0, 0), tuple(serves), dispatch, 1.0, cycle=tuple(cycle))


def fleet(
    name: str, units: int, serves: Sequence[str], dispatch: str = "first_come", cycle: Sequence[str] = (), **more: Any
) -> Fleet:
    """`more`: parking, chargers, battery."""
    return Fleet(name, CART, units, tuple(serves), dispatch, 1.0, 1.0, cycle=tuple(cycle), **more)


def product(
    name: str = "part",
    route: Sequence[str] = ("work",),
    *,
    share: float = 1.0,
    sources: Sequence[str] = ("source",),
    sinks: Sequence[str] = ("sink",),
    **more: Any,
) -> LineProduct:
    """`more`: other fields, as they are."""
    return LineProduct(name, PART, 1.0, share, tuple(route), tuple(sources), tuple(sinks), **more)


def line(
    stations: Sequence[Station],
    products: Sequence[LineProduct],
    *,
    arms: Sequence[Arm] = (),
    belts: Sequence[Belt] = (),
    links: Sequence[Link] = (),
    fleets: Sequence[Fleet] = (),
    staff: Sequence[Staff] = (),
    horizon_s: float = 3600.0,
    warmup_s: float = 0.0,
    replications: int = 2,
    seed: int = 1,
    level: float = 0.99,
    **more: Any,
) -> Line:
    """`more`: other fields, as they are."""
    return Line(
        name="test",
        layout=Layout(),
        floor=FLOOR,
        time=Time(horizon_s=horizon_s, warmup_s=warmup_s, replications=replications, seed=seed, level=level),
        objectives=(),
        products={p.name: p for p in products},
        stations={s.name: s for s in stations},
        arms={a.name: a for a in arms},
        belts={b.name: b for b in belts},
        links={k.name: k for k in links},
        fleets={f.name: f for f in fleets},
        staff={p.name: p for p in staff},
        **more,
    )


def timed(given: Line, **changes: Any) -> Line:
    """The same line with another horizon_s, warmup_s, replications, seed or level."""
    return replace(given, time=given.time.model_copy(update=changes))


def serial(
    times: Sequence[Any],
    buffers: Sequence[int] | int = 0,
    *,
    failures: Mapping[int, Mapping[str, Failure]] | None = None,
    source: Any = "saturated",
    link_s: float = 0.0,
    **time: Any,
) -> Line:
    """Machines "m1", "m2" ... in a row, joined by links, the first being the source, the last the sink.

    buffers[i] waiting places lie between machine i and i + 1.
    """
    n = len(times)
    places = [buffers] * (n - 1) if isinstance(buffers, int) else list(buffers)
    stations = [
        station(
            f"m{i + 1}",
            {f"op{i + 1}": times[i]},
            buffer=(places[i - 1] if i else 0, 0),
            source=source if i == 0 else None,
            sink=i == n - 1,
            failures=(failures or {}).get(i),
        )
        for i in range(n)
    ]
    links = [link(f"m{i + 1}", f"m{i + 2}", link_s) for i in range(n - 1)]
    route = [f"op{i + 1}" for i in range(n)]
    return line(stations, [product(route=route, sources=["m1"], sinks=[f"m{n}"])], links=links, **time)


def arm_times(
    stations: Sequence[str],
    at_m: Sequence[float],
    *,
    speed_m_s: float = 1.0,
    pick_s: float = 0.0,
    place_s: float = 0.0,
    home_m: float | None = None,
) -> ArmTimes:
    """An arm along a rail: stations at these places (m), the same time empty and loaded; its home is one of them."""
    x = np.asarray(at_m, float)
    length = np.abs(x[:, None] - x[None, :])
    n = len(stations)
    homing = None if home_m is None else np.abs(x - home_m) / speed_m_s
    return ArmTimes(
        tuple(stations), length / speed_m_s, length / speed_m_s, np.full(n, pick_s), np.full(n, place_s), length,
        home_s=homing, leave_home_s=homing,
    )  # fmt: skip


def fleet_times(
    stations: Sequence[str], at_m: Sequence[float], *, speed_m_s: float = 1.0, handover_s: float = 0.0
) -> FleetTimes:
    """Vehicles along a straight lane."""
    x = np.asarray(at_m, float)
    length = np.abs(x[:, None] - x[None, :])
    n = len(stations)
    return FleetTimes(tuple(stations), length / speed_m_s, np.full(n, handover_s), length, {}, np.zeros((n, 3)))


def zone(name: str, times: Mapping[str, ArmTimes], stands: Mapping[str, Sequence[str]]) -> Zone:
    """Stations where each arm stands inside; every move to or from them passes through."""
    inside = {a: np.array([s in stands.get(a, ()) for s in times[a].stations], dtype=bool) for a in times}
    ends = {a: x[:, None] | x[None, :] for a, x in inside.items()}
    first, second = times
    return Zone(name, (first, second), inside, ends, ends, inside, inside)


def belt_times(transit_s: float, capacity: int = 1000, spacing_s: float = 0.0) -> BeltTimes:
    return BeltTimes(transit_s, capacity, spacing_s, 1.0, np.zeros((2, 2)))


def moves(
    arms: Mapping[str, ArmTimes] | None = None,
    belts: Mapping[str, BeltTimes] | None = None,
    *,
    doors: Mapping[str, tuple[float, float]] | None = None,
    fleets: Mapping[str, FleetTimes] | None = None,
    zones: Sequence[Zone] = (),
) -> Moves:
    """`doors`: station -> seconds to close and to open."""
    opened = {name: DoorTimes(*times) for name, times in (doors or {}).items()}
    return Moves(arms or {}, belts or {}, opened, fleets or {}, tuple(zones))
