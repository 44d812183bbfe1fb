"""The `layout` command: finds subcommands, and is the one place where errors become words and exit codes.

Exit codes: 0 fine and feasible, 1 infeasible, 2 bad input, 70 a defect in this program, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from layout.errors import LayoutError, plain_interrupts

# A command is a function named like its module (`import_` where Python keeps the word for itself); its docstring is
# the help, the int it returns the exit code (None: 0). To add one, write layout/cli/<name>.py and its line here.
# Modules import little at their top and the rest inside the function, so that `layout --help` stays quick.
COMMANDS: dict[str, str] = {
    "new": "layout.cli.new",
    "check": "layout.cli.check",
    "bound": "layout.cli.bound",
    "evaluate": "layout.cli.evaluate",
    "compare": "layout.cli.compare",
    "limits": "layout.cli.limits",
    "optimize": "layout.cli.optimize",
    "prove": "layout.cli.prove",
    "view": "layout.cli.view",
    "report": "layout.cli.report",
    "assets": "layout.cli.assets",
    "import": "layout.cli.import_",
    "schema": "layout.cli.schema",
}

BAD_INPUT = 2
DEFECT = 70
STOPPED = 130
# What shells report for a program whose reader went away (128 + SIGPIPE).
NO_READER = 141


class LazyGroup(TyperGroup):
    """Imports a command's module when the command is asked for; turns its errors into words and exit codes."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands, in the order a project goes."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            single = typer.Typer(add_completion=False)
            module = importlib.import_module(COMMANDS[cmd_name])
            single.command(cmd_name)(getattr(module, COMMANDS[cmd_name].rpartition(".")[2]))
            self.commands[cmd_name] = typer.main.get_command(single)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that arguments name; for one that does not exist, the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from layout.files.yaml import did_you_mean

            ctx.fail(f"No such command '{args[0]}'; {did_you_mean(args[0], COMMANDS, 'there are')}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Its int is the exit code; errors a user can act on exit with 2."""
        try:
            with plain_interrupts():
                code = super().invoke(ctx)
            sys.stdout.flush()
        except LayoutError as error:
            from layout.cli.problems import print_problems

            print_problems(error.problems)
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt:
            raise typer.Exit(STOPPED) from None
        except BrokenPipeError:
            # Python flushes stdout once more at exit; give it somewhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(NO_READER) from None
        except OSError as error:
            if not error.filename:
                raise
            typer.echo(f"{error.filename}: {error.strerror}", err=True)
            raise typer.Exit(BAD_INPUT) from None
        if isinstance(code, int) and code:
            raise typer.Exit(code)
        return code


app = typer.Typer(cls=LazyGroup, add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"layout {version('line-layout')}")
        except PackageNotFoundError:
            typer.echo("layout (not installed)")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Where should everything stand, and how should parts flow? From one scenario file to the best line layout.

    Begin with 'layout new NAME', then 'layout check NAME.yaml'.
    """


def run() -> None:
    """Entry point of the `layout` command."""
    try:
        app(prog_name="layout")
    except Exception:
        import traceback

        traceback.print_exc()
        print(
            "\nThis is a defect in layout, not in your input. Please report it with the lines above.", file=sys.stderr
        )
        raise SystemExit(DEFECT) from None
