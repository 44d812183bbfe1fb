"""Compiled kernels of the floor: where vehicles may turn, which points a straight lane joins, and the quickest ways.

Edges are segments (m, 4): x, y of both ends (m), of all rings of the floor one after another; `first` (r + 1,) says
where each ring begins. Free space lies to the right of every edge. Ring 0 is the floor's boundary, the others are what
stands there; `discs` (r, 3) are x, y and radius (m) of a circle around each.
"""

from __future__ import annotations

import math

import numpy as np

from layout.model.pose import Array
from layout.motion.kernels import Flags, Index, compiled

SLACK_M = 1e-6
"""Points and lanes may be this much closer than asked for: they lie exactly at the distance, up to rounding."""

LONGEST_MITRE = 3.0
"""At sharp corners the lanes along both sides meet far out; nobody looks farther than this many times the clearance."""

STRAIGHT_RAD = 1e-6
"""A vehicle that turns by less drives straight on."""


@compiled
def oriented(outlines: Array, begins: Index) -> tuple[Array, Index, Array]:
    """Edges, `first` and discs of outlines (m, 2) that begin at the rows `begins` (r + 1,), whichever way they turn.

    Points that repeat the one before are left out.
    """
    rings = len(begins) - 1
    edges, first, discs = np.empty((len(outlines), 4)), np.zeros(rings + 1, np.int64), np.zeros((rings, 3))
    kept = np.empty((len(outlines), 2))
    for r in range(rings):
        a, b, n = begins[r], begins[r + 1], 0
        before = b - 1
        for k in range(a, b):
            if math.hypot(outlines[k, 0] - outlines[before, 0], outlines[k, 1] - outlines[before, 1]) > SLACK_M:
                kept[n] = outlines[k]
                n += 1
            before = k
        area = 0.0
        for k in range(n):
            x, y = kept[k]
            u, v = kept[k + 1 if k + 1 < n else 0]
            area += x * v - u * y
        turned = (area < 0.0) != (r == 0)
        at = first[r]
        for k in range(n):
            here = n - 1 - k if turned else k
            there = (n - 2 - k) % n if turned else (k + 1) % n
            edges[at + k, 0], edges[at + k, 1] = kept[here]
            edges[at + k, 2], edges[at + k, 3] = kept[there]
        first[r + 1] = at + n
        if n > 0:
            x = 0.5 * (kept[:n, 0].min() + kept[:n, 0].max())
            y = 0.5 * (kept[:n, 1].min() + kept[:n, 1].max())
            for k in range(n):
                discs[r, 2] = max(discs[r, 2], math.hypot(kept[k, 0] - x, kept[k, 1] - y))
            discs[r, 0], discs[r, 1] = x, y
    return edges[: first[rings]].copy(), first, discs


@compiled
def _apart(px: float, py: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Squared distance of a point from a segment."""
    ux, uy = bx - ax, by - ay
    size = ux * ux + uy * uy
    share = 0.0
    if size > 0.0:
        share = min(1.0, max(0.0, ((px - ax) * ux + (py - ay) * uy) / size))
    dx, dy = ax + share * ux - px, ay + share * uy - py
    return dx * dx + dy * dy


@compiled
def _fits(x: float, y: float, edges: Array, first: Index, discs: Array, room: float) -> bool:
    """Whether a point is free, and so far (m, more than 0) from every edge."""
    limit = room * room
    for r in range(len(first) - 1):
        if r > 0:
            dx, dy, reach = x - discs[r, 0], y - discs[r, 1], discs[r, 2] + room
            if dx * dx + dy * dy > reach * reach:
                continue
        inside = False
        for k in range(first[r], first[r + 1]):
            ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
            if _apart(x, y, ax, ay, bx, by) < limit:
                return False
            if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
                inside = not inside
        if inside != (r == 0):
            return False
    return True


@compiled
def turning_points(
    ends: Array, edges: Array, first: Index, discs: Array, driving: float, turning: float
) -> tuple[Array, Flags]:
    """Points (n, 2) (m) that a way may lead over, the ends (k, 2) first; which of the ends are free (k,).

    driving, turning : least distance (m) of the vehicle's middle from what stands, when it drives and when it turns

    Round a corner that is on the lines along both sides, as far beyond it as turning needs, and on its bisector; those
    are in the order of x and y, whatever the order of the rings. Sides that can be gone round in one turn are passed in
    front of their middle, too.

             b . . p2          v  a corner; p1, p2 in the lanes along its two sides, b on its bisector
        p1 . . +
           |   v------
           |   |
    """
    h, turn, room = driving, max(turning, driving), turning - SLACK_M
    most = len(ends) + 4 * len(edges)
    bends, sides = np.empty((3 * len(edges), 2)), np.empty((len(edges), 2))
    m = s = 0
    for r in range(len(first) - 1):
        a, b = first[r], first[r + 1]
        for k in range(a, b):
            into = k - 1 if k > a else b - 1
            vx, vy = edges[k, 0], edges[k, 1]
            ux, uy, wx, wy = vx - edges[into, 0], vy - edges[into, 1], edges[k, 2] - vx, edges[k, 3] - vy
            out_of = k + 1 if k + 1 < b else a
            turns = ux * wy - uy * wx > 1e-9
            both = (
                turns and wx * (edges[out_of, 3] - edges[out_of, 1]) - wy * (edges[out_of, 2] - edges[out_of, 0]) > 1e-9
            )
            long = math.hypot(wx, wy)
            if both and 0.5 * long < turning:
                x, y = vx + 0.5 * wx + turning * wy / long, vy + 0.5 * wy - turning * wx / long
                if _fits(x, y, edges, first, discs, room):
                    sides[s, 0], sides[s, 1] = x, y
                    s += 1
            short = math.hypot(ux, uy)
            ux, uy, wx, wy = ux / short, uy / short, wx / long, wy / long
            if ux * wy - uy * wx <= 1e-9:
                continue
            half = math.sqrt(max(0.5 * (1.0 + ux * wx + uy * wy), 1e-12))  # cosine of half the turn
            mitre = h * math.sqrt(max(1.0 / (half * half) - 1.0, 0.0))
            beyond = max(math.sqrt(turn * turn - h * h), min(mitre, LONGEST_MITRE * h))
            out = max(turn, min(h / half, LONGEST_MITRE * h))
            mx, my = uy + wy, -ux - wx
            size = max(math.hypot(mx, my), 1e-9)
            for c in range(3):
                if c == 0:
                    x, y = vx + h * uy + beyond * ux, vy - h * ux + beyond * uy
                elif c == 1:
                    x, y = vx + h * wy - beyond * wx, vy - h * wx - beyond * wy
                else:
                    x, y = vx + out * mx / size, vy + out * my / size
                x, y = np.rint(x * 1e9) / 1e9, np.rint(y * 1e9) / 1e9
                if _fits(x, y, edges, first, discs, room):
                    bends[m, 0], bends[m, 1] = x, y
                    m += 1
    points, free = np.empty((most, 2)), np.empty(len(ends), np.bool_)
    n = len(ends)
    points[:n] = ends
    for k in range(n):
        free[k] = _fits(ends[k, 0], ends[k, 1], edges, first, discs, room)
    order = np.argsort(bends[:m, 0], kind="mergesort")
    for i in range(1, m):  # those of equal x by y
        k, j = order[i], i
        while j > 0 and bends[order[j - 1], 0] == bends[k, 0] and bends[order[j - 1], 1] > bends[k, 1]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = k
    for i in range(m):
        x, y = bends[order[i]]
        if i == 0 or x != bends[order[i - 1], 0] or y != bends[order[i - 1], 1]:
            points[n, 0], points[n, 1] = x, y
            n += 1
    points[n : n + s] = sides[:s]
    return points[: n + s].copy(), free


@compiled
def _blocker(points: Array, i: int, j: int, edges: Array, first: Index, discs: Array, clear: float, guess: int) -> int:
    """The first ring found that comes closer than `clear` (m) to the straight line between two free points; -1: none.

    guess : the ring that is tried first, such as the one that blocks the sight of a point beside
    """
    px, py, qx, qy = points[i, 0], points[i, 1], points[j, 0], points[j, 1]
    limit = clear * clear
    low_x, high_x = min(px, qx) - clear, max(px, qx) + clear
    low_y, high_y = min(py, qy) - clear, max(py, qy) + clear
    for attempt in range(-1, len(first) - 1):
        r = guess if attempt < 0 else attempt
        if r < 0 or (r == guess and attempt >= 0):
            continue
        if r > 0:
            x, y, reach = discs[r, 0], discs[r, 1], discs[r, 2]
            if x + reach < low_x or x - reach > high_x or y + reach < low_y or y - reach > high_y:
                continue
            reach += clear
            if _apart(x, y, px, py, qx, qy) >= reach * reach:
                continue
        for k in range(first[r], first[r + 1]):
            ax, ay, bx, by = edges[k, 0], edges[k, 1], edges[k, 2], edges[k, 3]
            if (
                (ax < low_x and bx < low_x)
                or (ax > high_x and bx > high_x)
                or (ay < low_y and by < low_y)
                or (ay > high_y and by > high_y)
            ):
                continue
            side_a = (qx - px) * (ay - py) - (qy - py) * (ax - px)
            side_b = (qx - px) * (by - py) - (qy - py) * (bx - px)
            side_p = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
            side_q = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
            if (
                (side_a * side_b < 0.0 and side_p * side_q < 0.0)
                or _apart(ax, ay, px, py, qx, qy) < limit
                or _apart(bx, by, px, py, qx, qy) < limit
                or _apart(px, py, ax, ay, bx, by) < limit
                or _apart(qx, qy, ax, ay, bx, by) < limit
            ):
                return r
    return -1


@compiled
def reached(start: int, ends: Array, edges: Array, first: Index, discs: Array, driving: float, turning: float) -> Flags:
    """(k,) bool: which of the ends (k, 2) can be got to from the end `start`, from point to point in sight."""
    points, free = turning_points(ends, edges, first, discs, driving, turning)
    n, k = len(points), len(ends)
    out = np.zeros(n, np.bool_)
    if not free[start]:
        return out[:k]
    queue, guess = np.empty(n, np.int64), np.full(n, -1, np.int64)
    out[start] = True
    queue[0] = start
    head, tail = 0, 1
    waiting, clear = free.sum() - 1, driving - SLACK_M
    while head < tail and waiting > 0:
        i = queue[head]
        head += 1
        for j in range(n):
            if out[j] or (j < k and not free[j]):
                continue
            found = _blocker(points, i, j, edges, first, discs, clear, guess[j])
            if found >= 0:
                guess[j] = found
            else:
                out[j] = True
                waiting -= j < k
                queue[tail] = j
                tail += 1
    return out[:k]


@compiled
def _ramp(way: float, speed: float, acceleration: float) -> float:
    """Seconds of a way (m) from rest to rest: `doors.trapezoid`."""
    if way * acceleration >= speed * speed:
        return way / speed + speed / acceleration
    return 2.0 * math.sqrt(way / acceleration)


@compiled
def quickest(
    ends: Array,
    edges: Array,
    first: Index,
    discs: Array,
    driving: float,
    turning: float,
    speed: float,
    acceleration: float,
) -> tuple[Array, Index]:
    """Points (n, 2) (m), the ends (k, 2) first, and (k, n) the point before each on the quickest way from each end.

    Each straight piece is driven from rest to rest; turns are not counted. -1 : not reached, or the end itself.
    Dijkstra's algorithm for dense graphs, without a heap.
    """
    points, free = turning_points(ends, edges, first, discs, driving, turning)
    n, k, clear = len(points), len(ends), driving - SLACK_M
    costs, near_by, near = np.empty((n, n)), np.empty((n, n), np.int64), np.zeros(n, np.int64)
    guess = np.full(n, -1, np.int64)
    for i in range(n):
        for j in range(i):
            if (i >= k or free[i]) and (j >= k or free[j]):
                way = math.hypot(points[i, 0] - points[j, 0], points[i, 1] - points[j, 1])
                if way <= SLACK_M:
                    continue
                found = _blocker(points, i, j, edges, first, discs, clear, guess[j])
                if found >= 0:
                    guess[j] = found
                else:
                    cost = _ramp(way, speed, acceleration)
                    costs[i, near[i]], near_by[i, near[i]] = cost, j
                    costs[j, near[j]], near_by[j, near[j]] = cost, i
                    near[i] += 1
                    near[j] += 1
    came, total, open_ = np.full((k, n), -1, np.int64), np.empty(n), np.empty(n)
    for s in range(k):
        total[:] = np.inf
        open_[:] = np.inf  # the totals of those that are not settled yet
        total[s] = open_[s] = 0.0
        waiting = k
        while waiting > 0:
            at = int(np.argmin(open_))
            least = open_[at]
            if least == np.inf:
                break
            open_[at] = np.inf
            waiting -= at < k
            for m in range(near[at]):
                j, sum_ = near_by[at, m], least + costs[at, m]
                if sum_ < total[j]:
                    total[j] = open_[j] = sum_
                    came[s, j] = at
    return points, came


@compiled
def trail(points: Array, came: Index, i: int, j: int) -> Array:
    """(q, 2) float (m): the way from end i to end j, of `quickest`; empty where there is none. Back it is the same."""
    a, b = min(i, j), max(i, j)
    if math.hypot(points[a, 0] - points[b, 0], points[a, 1] - points[b, 1]) <= SLACK_M:
        out = np.empty((2, 2))
        out[0], out[1] = points[i], points[j]
        return out
    count, at = 1, int(b)
    while at != a and at >= 0:
        at = int(came[a, at])
        count += 1
    if at < 0:
        return np.empty((0, 2))
    out, at = np.empty((count, 2)), b
    for k in range(count):
        out[k if i > j else count - 1 - k] = points[at]
        at = int(came[a, at])
    return out


@compiled
def _turn(a: float, b: float) -> float:
    return abs((b - a + math.pi) % (2.0 * math.pi) - math.pi)


@compiled
def driven(
    docks: Array, points: Array, came: Index, speed: float, acceleration: float, turn_rad_s: float, dock_s: float
) -> tuple[Array, Array]:
    """Seconds and metres (k, k) from dock to dock (k, 3); inf where there is no way.

    Backwards out of the dock, forwards along the rest, turning on the spot between straight pieces, docking at the end.
    """
    k = len(docks)
    time, length = np.full((k, k), np.inf), np.full((k, k), np.inf)
    for i in range(k):
        time[i, i] = length[i, i] = 0.0
        for j in range(k):
            way = trail(points, came, i, j) if i != j else np.empty((0, 2))
            if len(way) == 0:
                continue
            x, y = way[0]
            far = math.hypot(x - docks[i, 0], y - docks[i, 1])
            total, heading, run = _ramp(far, speed, acceleration), docks[i, 2], 0.0
            for q in range(1, len(way) + 1):
                if q < len(way):
                    u, v = way[q]
                else:
                    u, v = docks[j, 0], docks[j, 1]
                size = math.hypot(u - x, v - y)
                far += size
                if size >= 1e-9:
                    ahead = math.atan2(v - y, u - x)
                    turn = _turn(heading, ahead)
                    if turn > STRAIGHT_RAD:
                        total += _ramp(run, speed, acceleration) + turn / turn_rad_s
                        run = 0.0
                    run, heading = run + size, ahead
                x, y = u, v
            time[i, j] = total + _ramp(run, speed, acceleration) + _turn(heading, docks[j, 2]) / turn_rad_s + dock_s
            length[i, j] = far
    return time, length
