"""Whether a window can be opened here: asked before the engine does, which would end the process if not."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys

from layout.errors import Problem

_HINT = (
    "run it on a desktop, connect with 'ssh -X', wrap it as 'xvfb-run layout view ...', "
    "or open the run's report instead, which has the layout in 3-D"
)


def problem_with_display() -> Problem | None:
    """Why no window can be opened, or None. Tries the X display itself, since DISPLAY may name one that is gone."""
    if sys.platform != "linux":
        return None
    name = os.environ.get("DISPLAY", "")
    if not name:
        wayland = os.environ.get("WAYLAND_DISPLAY")
        what = "the viewer needs an X display, and this Wayland session offers none" if wayland else "no display"
        return Problem(what, "DISPLAY", hint="start XWayland, or " + _HINT if wayland else _HINT)
    found = ctypes.util.find_library("X11")
    if found is None:
        return Problem("the X client library is missing", "libX11", hint="install libx11-6 (Debian, Ubuntu)")
    x11 = ctypes.CDLL(found)
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(name.encode())
    if not display:
        return Problem("the display cannot be opened", "DISPLAY", name, _HINT)
    try:
        return _problem_with_opengl(display)
    finally:
        x11.XCloseDisplay(display)


def _problem_with_opengl(display: int) -> Problem | None:
    found = ctypes.util.find_library("GL")
    if found is None:
        return Problem("OpenGL is missing", "libGL", hint="install libgl1 and libgl1-mesa-dri (Debian, Ubuntu)")
    gl = ctypes.CDLL(found)
    gl.glXQueryExtension.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    if not gl.glXQueryExtension(display, None, None):
        return Problem("the display has no OpenGL", "DISPLAY", os.environ.get("DISPLAY", ""), _HINT)
    return None
