"""layout new: a first scenario of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

TEMPLATE = """\
# yaml-language-server: $schema=layout.schema.json
# For completion in your editor, write that file once: layout schema > layout.schema.json
#
# Check:     layout check {file}
# Simulate:  layout evaluate {file}
# Optimise:  layout optimize {file}
#
# Numbers are in SI units (m, s, kg), angles in degrees; text may carry a unit: 95 s, 12 min, 350 mm, 0.3 m/s, 70 %.
# A value becomes a design variable, which the search sets, where it is written as
#   {{choose: [a, b, ...]}} or {{range: [low, high]}}, or for x and y short as [low, high], for yaw as [0, 90, ...].

name: {name}
description: parts come on a dock, an arm tends milling machines and a washer, good parts leave by a belt

time: {{horizon: 8 h, warmup: 30 min, replications: 10, seed: 1}}     # the simulated shift, run ten times

floor:
  boundary: [[0, 0], [10, 0], [10, 8], [0, 8]]          # corners in order
  clearance: 100 mm                                     # least gap between machines
  obstacles:
    column: {{polygon: [[9, 6], [9.4, 6], [9.4, 6.4], [9, 6.4]], height: 4 m}}
  keep_clear:
    fire exit: {{polygon: [[8.5, 0], [10, 0], [10, 1.2], [8.5, 1.2]]}}

products:
  bracket:
    model: part_bracket                                 # 'layout assets' lists the library; a folder's path works too
    route: [mill, wash]                                 # operations in order; machines below say what they can do

machines:
  dock:
    model: dock_in
    source: saturated                                   # a part always waits; or {{arrivals: {{exponential: 100 s}}}}
    place: {{x: 2, y: 4, yaw: 90}}                        # fixed; yaw 0 faces -y, 90 faces +x
  mill:
    model: cnc_mill
    count: {{choose: [1, 2]}}                             # the search may buy a second one
    operations:
      mill: {{lognormal: {{mean: 95 s, cv: 0.1}}}}          # for all products; or {{bracket: 95 s, ...}}
    failures:
      spindle: {{clock: operating, between: {{exponential: 6 h}}, repair: {{lognormal: {{mean: 12 min, cv: 0.8}}}}}}
    place: {{x: [1, 9], y: [1, 7], yaw: [0, 90, 180, 270]}}
  washer:
    model: part_washer
    operations: {{wash: 40 s}}
    place: {{x: [1, 9], y: [1, 7], yaw: [0, 90, 180, 270]}}
  outfeed:
    model: outfeed_station
    buffer: {{in: 1}}
    place: {{x: [1, 9], y: [1, 7], yaw: [0, 90, 180, 270]}}
  exit:
    model: dock_out
    sink: true
    place: {{x: 8, y: 4, yaw: 270}}

transport:
  tender:
    kind: robot
    model: arm_16kg_r2010
    serves: [dock, mill, washer, outfeed]               # all copies of the mill
    dispatch: {{choose: [first_come, nearest, pull]}}     # which waiting part it takes next
    place: {{x: [2, 8], y: [2, 6]}}
  belt:
    kind: conveyor
    from: outfeed
    to: exit
    speed: 0.3 m/s

objectives:                                             # the first decides; within its tolerance the next does
  - {{maximize: throughput, tolerance: 1 %}}
  - {{minimize: floor_area}}

start:                                                  # your own layout, to begin with and to compare with
  mill: {{count: 1}}
  mill 1: {{x: 3.6, y: 6.2, yaw: 0}}
  washer: {{x: 3.6, y: 2.0, yaw: 180}}
  outfeed: {{x: 5.3, y: 4, yaw: 270}}
  tender: {{x: 3.6, y: 4, dispatch: pull}}
"""


def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario, and of its file.")],
    example: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Begin with a copy of an example, such as machining_cell."),
    ] = None,
) -> None:
    """Write a first scenario to NAME.yaml, with comments, ready to check and to change."""
    from layout.errors import Problem, ScenarioError
    from layout.files.assets import examples_folder
    from layout.files.atomic import write_text

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if path.exists():
        raise ScenarioError(Problem("there is such a file already", file=str(path), hint="choose another name"))
    if not path.parent.is_dir():
        raise ScenarioError(Problem("there is no such folder", file=str(path.parent), hint="make it first"))
    if example is not None:
        source = examples_folder() / f"{example}.yaml"
        if not source.is_file():
            known = ", ".join(sorted(file.stem for file in examples_folder().glob("*.yaml")))
            raise ScenarioError(Problem("there is no such example", value=example, hint=f"there is {known}"))
        write_text(path, source.read_text(encoding="utf-8"))
    else:
        write_text(path, text(path))
    typer.echo(f"Wrote {path}. Next: layout check {path}")


def text(path: Path) -> str:
    """The scenario's text, named after its file."""
    import json

    words = path.stem.replace("_", " ").replace("-", " ").strip() or "my cell"
    plain = all(c.isalnum() or c == " " for c in words) and words[0].isalpha()
    file = str(path) if " " not in str(path) else f"'{path}'"
    return TEMPLATE.format(name=words if plain else json.dumps(words), file=file)
