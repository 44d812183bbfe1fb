"""Plants without bodies, for `flow.control`: they answer after the times assumed, or after those times a factor."""

from __future__ import annotations

import heapq
import math

from layout.flow.commands import BeltEnter, BeltLeave, Carry, Come, Fetch, Home


class Plant:
    """Takes the assumed times, each times `slower(command)` >= 1."""

    def __init__(self, control, slower=lambda command: 1.0):
        self.control, self.slower = control, slower
        self.due = []
        self.number = 0
        self.belts = {}
        self.commands = []

    def run(self, until_s=None, step_s=None):
        """To the end of the run; without a step, from instant to instant."""
        until_s = self.control.until_s if until_s is None else until_s
        now_s, n = 0.0, 0
        while True:
            while self.due and self.due[0][0] <= now_s:
                heapq.heappop(self.due)[2]()
            for command in self.control.advance(now_s):
                self.commands.append(command)
                self.obey(command)
            n += 1
            if now_s >= until_s:
                return self
            following = min(self.due[0][0] if self.due else math.inf, self.control.next_s)
            now_s = min(until_s, following if step_s is None else n * step_s)

    def at(self, time_s, call):
        self.number += 1
        heapq.heappush(self.due, (time_s, self.number, call))

    def obey(self, command):
        told, factor = self.control, self.slower(command)
        match command:
            case Fetch() | Carry():
                reached_s = command.time_s + factor * command.travel_s
                self.at(reached_s, lambda: told.reached(command.unit))
                self.at(reached_s + factor * command.handling_s, lambda: told.handed(command.unit))
            case Come() | Home():
                self.at(command.time_s + factor * command.travel_s, lambda: told.reached(command.unit))
            case BeltEnter():
                belt = self.belts.setdefault(command.belt, _Belt())
                belt.queue.append(command.time_s + factor * command.transit_s)
                belt.spacing_s = factor * command.spacing_s
                self.at(command.time_s + belt.spacing_s, lambda: told.belt_clear(command.belt))
                if len(belt.queue) == 1:
                    self.at(max(belt.queue[0], belt.free_s), lambda: told.belt_end(command.belt))
            case BeltLeave():
                belt = self.belts[command.belt]
                belt.queue.pop(0)
                belt.free_s = command.time_s + belt.spacing_s
                if belt.queue:
                    self.at(max(belt.queue[0], belt.free_s), lambda: told.belt_end(command.belt))


class _Belt:
    def __init__(self):
        self.queue, self.free_s, self.spacing_s = [], -math.inf, 0.0
