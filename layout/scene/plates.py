"""Where name plates go in a picture: near what they name, never over one another."""

from __future__ import annotations

INK = (38, 44, 52)
PAPER = (255, 255, 255)

Box = tuple[float, float, float, float]
"""Left, upper, right, lower (pixels)."""


def free_box(u: float, v: float, wide: float, tall: float, taken: list[Box], width: int, height: int) -> Box:
    """The nearest place above (u, v) for a plate of that size that hides no other; else the nearest anywhere."""
    best: tuple[float, Box] | None = None
    for rise in range(-3, 14):
        for shift in (0.0, -0.55, 0.55, -1.1, 1.1, -1.65, 1.65):
            left = min(max(u - wide / 2 + shift * wide, 2.0), width - wide - 2.0)
            upper = min(max(v - tall - rise * tall * 0.6, 2.0), height - tall - 2.0)
            box = (left, upper, left + wide, upper + tall)
            below = 1.5 if rise < 0 else 0.6
            cost = abs(rise) * below + abs(shift) * wide / tall * 0.5
            if (best is None or cost < best[0]) and not any(overlap(box, other) for other in taken):
                best = (cost, box)
    if best is None:
        for k in range(400):  # a spiral over the whole picture
            left = min(max(u - wide / 2 + (k % 20 - 10) * wide * 0.7, 2.0), width - wide - 2.0)
            upper = min(max(v + (k // 20 - 10) * tall * 1.1, 2.0), height - tall - 2.0)
            box = (left, upper, left + wide, upper + tall)
            cost = abs(left - u) + abs(upper - v)
            if (best is None or cost < best[0]) and not any(overlap(box, other) for other in taken):
                best = (cost, box)
    if best is None:
        left = min(max(u - wide / 2, 2.0), width - wide - 2.0)
        return (left, v - tall, left + wide, v)
    return best[1]


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes lie over one another, or nearly touch."""
    return a[0] < b[2] + 2 and b[0] < a[2] + 2 and a[1] < b[3] + 2 and b[1] < a[3] + 2
