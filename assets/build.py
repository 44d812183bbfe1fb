"""Build the asset library: `python assets/build.py [--out DIR]`. Same code, same bytes."""

import argparse
from pathlib import Path

from builder.library import build


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the models (default: here)")
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
