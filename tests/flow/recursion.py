"""The line of single machines in a row as a recursion: an oracle without events."""

from __future__ import annotations


def recursion(times, buffers, n):
    """Departures of a saturated line of single machines, blocking after service (s).

    C = S + time, D[i, j] = max(C, D[i - b - 1, j + 1]). Source: Dallery, Gershwin, "Manufacturing flow line systems",
    Queueing Systems 12 (1992).
    """
    machines = len(times)
    left = [[0.0] * machines for _ in range(n)]
    for i in range(n):
        for j in range(machines):
            start = max(left[i - 1][j] if i else 0.0, left[i][j - 1] if j else 0.0)
            done = start + times[j][i]
            if j < machines - 1 and i - buffers[j] - 1 >= 0:
                done = max(done, left[i - buffers[j] - 1][j + 1])
            left[i][j] = done
    return [row[-1] for row in left]
