"""Colours by the name of what they show: sRGB red, green, blue (0-255), metallic and roughness (0-1)."""

Finish = tuple[int, int, int, float, float]

PALETTE: dict[str, Finish] = {
    # bodies
    "white": (236, 238, 238, 0.0, 0.45),
    "light_grey": (198, 203, 206, 0.0, 0.5),
    "mid_grey": (138, 145, 151, 0.1, 0.5),
    "anthracite": (58, 64, 71, 0.1, 0.5),
    "black": (28, 30, 33, 0.0, 0.6),
    "blue": (24, 92, 160, 0.0, 0.4),
    "teal": (0, 128, 128, 0.0, 0.4),
    "red": (190, 36, 42, 0.0, 0.4),
    "orange": (240, 118, 24, 0.0, 0.4),
    "yellow": (246, 196, 20, 0.0, 0.45),
    "crate_blue": (38, 84, 156, 0.0, 0.55),
    "wood": (196, 156, 104, 0.0, 0.8),
    "cardboard": (186, 146, 100, 0.0, 0.85),
    "tape": (214, 188, 142, 0.0, 0.4),
    # metals
    "steel": (184, 189, 193, 0.7, 0.32),
    "aluminium": (214, 217, 220, 0.7, 0.35),
    "dark_steel": (96, 102, 108, 0.7, 0.4),
    "copper": (190, 120, 70, 0.7, 0.35),
    # details
    "glass": (92, 132, 156, 0.1, 0.1),
    "screen": (36, 110, 190, 0.0, 0.2),
    "light_blue": (150, 210, 240, 0.0, 0.25),
    "belt": (40, 62, 54, 0.0, 0.8),
    "green": (46, 180, 84, 0.0, 0.3),
}


def srgb(name: str) -> tuple[float, float, float]:
    """Colour as URDF and screens take it, 0-1."""
    r, g, b = PALETTE[name][:3]
    return r / 255, g / 255, b / 255


def linear(name: str) -> tuple[float, float, float]:
    """Colour as glTF's baseColorFactor wants it (IEC 61966-2-1 decoded), 0-1."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in srgb(name))
    return r, g, b
