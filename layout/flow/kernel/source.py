"""What tells versions of the code that is compiled apart."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path


def digest(files: Iterable[Path]) -> str:
    """Of what files hold, in eight characters."""
    return f"{zlib.crc32(b''.join(file.read_bytes() for file in files)):08x}"
