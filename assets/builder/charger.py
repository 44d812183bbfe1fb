"""charging_station: a slim cabinet at which vehicles charge, contacts low at its front (m)."""

import numpy as np

from .details import louvres
from .model import Model
from .shapes import box, cylinder, prism, rbox

HALF = (0.25, 0.26)  # half width and half depth: a cabinet 0.40 m deep and the floor plate before it
HEIGHT = 1.20
FACE = -0.14  # m: y of the cabinet's front
PLATE = 0.012  # m: thickness of the floor plate
CONTACTS = (0.10, 0.17)  # m: undersides of the two contacts, at the height of a vehicle's body
BOLT = np.array([[-0.02, -0.06], [0.04, 0.012], [0.004, 0.012], [0.02, 0.06], [-0.04, -0.012], [-0.004, -0.012]])


def build() -> Model:
    """Cabinet, floor plate, bumpers and contact block; vehicles come nose first from -y."""
    m = Model("charging_station")
    x, back = HALF[0] - 0.01, HALF[1] - 0.005
    m.add("dark_steel", box((-HALF[0], -HALF[1], 0.0), (HALF[0], HALF[1], PLATE), 0.003), hull="plate")
    m.add("anthracite", box((-x + 0.015, FACE + 0.015, PLATE - 0.002), (x - 0.015, back - 0.01, 0.09), 0.003))
    m.add("white", rbox((-x, FACE, 0.085), (x, back, HEIGHT - 0.05), 0.03, "xy", 0.006))
    m.add("anthracite", rbox((-x, FACE, HEIGHT - 0.052), (x, back, HEIGHT), 0.03, "xy", 0.012))
    m.solid("cabinet", (-x, FACE, PLATE), (x, back, HEIGHT))
    # bumpers at both sides of the contacts, bolts of the plate
    for s in (-1, 1):
        a, b = sorted((s * 0.165, s * 0.235))
        m.add("yellow", rbox((a, -0.235, PLATE - 0.002), (b, FACE + 0.02, 0.13), 0.02, "xy", 0.006), hull="bumper")
        m.add("black", rbox((a + 0.004, -0.243, 0.035), (b - 0.004, -0.230, 0.115), 0.012, "xz", 0.003))
        for u in (s * 0.11, s * 0.05):
            m.add("steel", cylinder((u, -0.235, PLATE - 0.001), (u, -0.235, PLATE + 0.008), 0.010, 8, 0))
    # contact block: two copper plates on carriers that run out to the vehicle, drawn run in
    m.add("black", rbox((-0.135, -0.215, 0.075), (0.135, FACE + 0.01, 0.235), 0.02, "xz", 0.006), hull="contacts")
    for z in CONTACTS:
        m.add("anthracite", rbox((-0.115, -0.228, z - 0.006), (0.115, -0.212, z + 0.041), 0.008, "xz", 0.002))
        m.add("copper", rbox((-0.105, -0.240, z), (0.105, -0.226, z + 0.035), 0.006, "xz", 0.003))
    _face(m)
    for s in (-1, 1):
        louvres(m, "yz", -0.06, 0.80, 0.18, 1.04, s * x, s, 8)
    # cable gland at the back
    m.add("black", cylinder((0.12, back - 0.002, 0.16), (0.12, HALF[1], 0.16), 0.028, 14))
    return m


def _face(m: Model) -> None:
    """Door with status light, screen, sign and emergency stop."""
    y = FACE
    m.add("light_grey", rbox((-0.205, y - 0.004, 0.28), (0.205, y + 0.004, 1.12), 0.02, "xz", 0.002))
    m.add("black", rbox((-0.205, y - 0.003, 1.158), (0.205, y + 0.02, 1.186), 0.010, "xz", 0.001))
    m.add("green", rbox((-0.195, y - 0.006, 1.163), (0.195, y, 1.181), 0.007, "xz", 0.001))
    m.add("black", rbox((-0.13, y - 0.010, 0.90), (0.04, y - 0.002, 1.03), 0.010, "xz", 0.002))
    m.add("screen", box((-0.12, y - 0.012, 0.91), (0.03, y - 0.008, 1.02), 0))
    m.add("light_blue", box((-0.108, y - 0.0135, 0.955), (-0.02, y - 0.011, 0.975), 0))
    m.add("yellow", cylinder((0.13, y - 0.009, 0.965), (0.13, y, 0.965), 0.032, 20, 0.001))
    m.add("red", cylinder((0.13, y - 0.028, 0.965), (0.13, y - 0.006, 0.965), 0.021, 20))
    m.add("green", prism(0.13 * BOLT / 0.08 + [0.0, 0.60], y - 0.0065, y - 0.002, "xz"))
    m.add("steel", cylinder((0.175, y - 0.010, 0.74), (0.175, y, 0.74), 0.014, 12, 0.002))  # lock
