"""layout schema: the scenario file's JSON Schema, for editors."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the JSON Schema of scenario files: editors complete and check with it."""
    import json

    from layout.model.scenario import ScenarioSpec

    made = ScenarioSpec.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "layout scenario"}
    typer.echo(json.dumps(made, indent=2))
