"""The arrays a run works on: one record for each station, server, part, arm ..., and the tables they look up.

Every index is -1 where there is none. Times are s on the run's clock. Fields below a "run" comment change while the
simulation runs; the others are the line as compiled by `network`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from layout.flow.kernel.source import digest

Records = Any  # numpy structured array: its fields have no static type

# What a server is doing.
STARVED, WORKING, BLOCKED, DOWN, SETUP, OFF_SHIFT, UNATTENDED = 0, 1, 2, 3, 4, 5, 6
# It has a part, whose next operation waits for components: counted as starved.
LACKING = 9
# The states in which it is active (bits): in the others it waits for something else.
ACTIVE = 1 << WORKING | 1 << DOWN | 1 << SETUP
# How far a server is with its part: nothing (left) to do, at work, being set up for it, waiting to begin.
IDLE, AT_WORK, SETTING_UP, BEGINNING = 0, 1, 2, 3
# What is kept for a part that is not to be begun without room for it: nothing (yet), nothing because it needs none, a
# place of the out-buffer, a place at a station, a place on a belt.
NOT_KEPT, NEEDS_NONE, IN_BUFFER, AT_TARGET, ON_BELT = 0, 1, 2, 3, 4
# What a server waits for a person for.
NOTHING, TO_RUN, TO_SET_UP, TO_REPAIR = 0, 1, 2, 3
# What a server's clock will ring for; from RING_FAIL on it is a failure of mode (kind - RING_FAIL).
RING_NONE, RING_FINISH, RING_REPAIR, RING_FAIL = 0, 1, 2, 3
# What a unit (an arm, or a vehicle of a fleet) is doing.
ARM_WAITING, ARM_FETCHING, ARM_CARRYING, ARM_HOMING, ARM_COMING = 0, 1, 2, 3, 4
ARM_LOW, ARM_TO_CHARGER, ARM_QUEUING, ARM_CHARGING = 5, 6, 7, 8
# What there may be to do at this instant (bits of `todo`), what comes first being lowest. The first three are of
# stations, which have bits of their own for them; what arms and vehicles may fetch comes after these (`looks`).
START, FEED, PUSH = 0, 1, 2
OF_STATIONS = 1 << START | 1 << FEED | 1 << PUSH
MAY_KEEP, MAY_ATTEND, MAY_GRANT, MAY_WITHDRAW, MAY_CHARGE, MAY_PARK, MAY_REPEAT = (1 << n for n in range(3, 10))
OF_CARRIERS = MAY_GRANT | MAY_WITHDRAW | MAY_CHARGE | MAY_PARK
# Who owns a clock.
OWNER_SERVER, OWNER_ARM, OWNER_BELT_OUT, OWNER_BELT_IN, OWNER_LINK, OWNER_SOURCE = 0, 1, 2, 3, 4, 5
OWNER_SHIFT = 6
# Times of a stream that are drawn at once (`draws`), a power of 2.
AHEAD = 32
# What a station means to a step of a route (other than the number of the process-time stream).
PASS, LEAVE = -1, -2
# From JOIN on down: it waits there, in inlet (JOIN - it), to be made part of another.
JOIN = -3
# What follows an operation, other than the number of a step.
SCRAP = -1
# More hops than any way has: a part's `reach` is the most hops it may still take. It shrinks with each hop, so that a
# part that may choose its machine anew at a station on the way never turns back for ever.
FAR = 1 << 40
# A server or unit that waits no longer than this (s), a rounding error of the clock, has not waited: it stays active.
AT_ONCE_S = 1e-6
# How a run ended.
DONE, STANDSTILL, POOL_FULL, TRACE_FULL, TIME_STANDS_STILL = 0, 1, 2, 3, 4
# Not ended: the log of departures is to be made longer, then the run goes on; or it overflowed within one instant.
LOG_SHORT, LOG_FULL = 5, 6
# Not ended: it has come to where it was to pause, and goes on when called again.
PAUSED = 7
# When (s) a plant is done with what it was told to do: not before it says so.
BY_PLANT = 1e300
# The bits of an infinite time.
NEVER = 0x7FF0000000000000
# How a part left the line: a good one, thrown away, or made part of another.
LEFT, SCRAPPED, JOINED = 0, 1, 2
# Zones that one arm can share with others: as many as a word has bits, less its sign.
MOST_ZONES = 63
# Dispatch rules of arms and fleets, by their number.
RULES = {"first_come": 0, "nearest": 1, "longest_waiting": 2, "pull": 3, "cycle": 4}
# Rules by which a part chooses among the stations able to do its next operation, by their number.
ROUTING = {"shortest_queue": 0, "first_free": 1, "round_robin": 2}
# States and resource kinds of a trace.
TRACE_STATES = ("working", "down", "moving_empty", "moving_loaded", "handling", "transit", "waiting", "blocked",
                "charging", "setup", "off_shift", "unattended")  # fmt: skip
T_WORKING, T_DOWN, T_EMPTY, T_LOADED, T_HANDLING, T_TRANSIT, T_WAITING, T_BLOCKED, T_CHARGING = range(9)
T_SETUP, T_OFF_SHIFT, T_UNATTENDED = 9, 10, 11
AT_STATION, AT_ARM, AT_BELT, AT_LINK = 0, 1, 2, 3
# Rows of a trace that take no time: a part began, is in the line no more (state: how), came by a link of no time.
MADE, GONE, CAME = 4, 5, 6


def _dtype(integers: str, floats: str, wide: int | None = None) -> np.dtype[Any]:
    """Whole numbers, then numbers; `wide` (bytes): from row to row, where a row's place is to be quick to find."""
    fields = [(n, np.int64) for n in integers.split()] + [(n, np.float64) for n in floats.split()]
    names, kinds = zip(*fields, strict=True)
    return np.dtype({"names": names, "formats": kinds, "itemsize": wide or 8 * len(names)})


STATION = _dtype(
    # places: servers + places of the in-buffer; places_out: of the out-buffer; source: it makes parts (mix0..mix1);
    # doors: whether it closes and opens any; judges: whether it scraps parts or sends them back;
    # joins: whether it joins components to parts; order..order1: orders still to come; careful: whether more than
    # a part and a server is needed to begin;
    # fills: whether its servers may begin with other than its queue; fed, pushes: whether parts come by belt or link,
    # and leave so or go on there; arms: bits of the arms and fleets that may have a task for what changes there
    # batch: parts of one product in a row; setups: its first row in `changes`, -1: none; shift: -1: always at work;
    # run0..run1, set0..set1, mend0..mend1: in `tends`, who runs it, sets it up, repairs it; before: begins a part only
    # with room for it further on; repeats: works again on a part that cannot leave
    "places places_out server0 servers saturated arrivals mix mix0 mix1 clock belts_in belts_out links_in links_out "
    "doors judges joins order order1 "
    "careful fills fed pushes arms before repeats batch setups shift run0 run1 set0 set1 mend0 mend1 "
    # run: used: places taken or reserved; load: parts there or sent there; idle: servers up and free;
    # out: parts in the out-buffer; first and last part of three queues;
    # scrapped, reworked: operations in the window whose part was thrown away, or sent back; charging: vehicles;
    # off: off shift; stuck: as of `waiting`
    "used load idle out queue_head queue_tail ready_head ready_tail outside_head outside_tail "
    "scrapped reworked charging off stuck",
    "room_since closing opening",
)
SERVER = _dtype(
    # only: the process-time stream of all that it does, -1: several; in_row: the end of an operation is dealt with in
    # one go, for its part can only leave the line, or go on by row_link to station row_next; row_before: the station
    # whose row_next this one's is, if nobody else brings parts, else its own; row_fed: whether anybody else does
    # run: busy: IDLE, AT_WORK, SETTING_UP or BEGINNING; last: product it is set up for; row: parts of it in a row;
    # asks: for what it needs a person; runner, helper: the pools of who runs it, and of who sets it up or repairs it;
    # broken: its mode of failure; lacks: whether it waits for components; did: the step of its part's last operation
    # periods: active periods that reach into the window, or are the last before it
    "mode0 modes only row_next row_before row_link last row asks runner helper broken lacks did periods "
    # part: what it works on, or holds; held: finished parts that it holds; following: the step that its part goes on to
    # after this operation; SCRAP: none
    "station in_row row_fed state ring busy held following part "
    # in a row: plain: all its times are of one exponential stream, and nothing but that work's end or one failure that
    # ages with it comes next; stops: what it does may end what can be done in one go; addresses: of its station, those
    # of row_next and row_before, its stream, failure and link
    "plain stops at after_at before_at stream_at mode_at link_at",
    # run: since: of the state; began, left: of the work; worked, down: its own clocks; ended: when it was last active;
    # then the time in each state; asked: since when it needs a person
    # in a row, of a plain one: coming: time of its next operation, if it has been drawn; spare: how long it can work
    # after this operation until it fails
    "coming spare left began since worked ended in_working in_starved in_blocked in_down down asked in_setup in_off "
    "in_unattended",
    wide=384,
)
MODE = _dtype("calendar between repair", "due")
# n: draws so far; end: how many have been drawn, some of them ahead; following: the next of these (s); done: operations
# in the window that took their time from here
STREAM = np.dtype([("kind", np.int64), ("n", np.int64), ("key", np.uint64), ("a", np.float64), ("b", np.float64),
                   ("c", np.float64), ("done", np.int64), ("end", np.int64), ("following", np.float64)])  # fmt: skip
# assigned: the station whose turn it was, where its next operation is shared out in turn
# kept: what is kept for it; kept_at: station or belt where; kept_step: the step that it is kept for; again: it was
# worked on again for want of room
PART = _dtype("step product serial server claimed goal reach assigned next prev kept kept_at kept_step again",
              "entered ready since due deadline")  # fmt: skip
# rule: of ROUTING; run: turn: which of the stations able is next
# begins, aboard: first row in `released` of what is released at the end, and of the carriers that the part has got then
STEP = _dtype("product able0 able1 rule turn begins aboard", "progress")
# Places of a station for a product that is joined to others there; initial: how many stand there at the start.
# run: used: places taken or reserved; load: parts there or sent there; waiting: parts there, in a queue
INLET = _dtype("station product places initial used load waiting queue_head queue_tail", "room_since")
# Components of an operation at a station, and products that an operation releases: more: whether the next row is, too.
NEED = _dtype("inlet number more", "")
RELEASED = _dtype("product number more", "")
# What comes of an operation: scrapped below the first chance, else back to step `to` below the second, else on.
QUALITY = _dtype("stream to", "scrap rework")
# step1: its last step; carrier: it never leaves, and is no part in the line
PRODUCT = _dtype("step0 step1 carrier left", "")
MIX = _dtype("product", "cumulative")
ORDER = _dtype("product number", "at due")  # parts that come together: at a time, due at another (inf: none)
ARM = _dtype(
    # offset: of its stations in arm_at, pick, place; offset2: of its (n + 1, n) matrices, home being row n;
    # lead: first of the units that share them and their tasks, units: how many these are; zones: how many it shares
    # bit: its own of `looks`; turn0, turns: of its cycle; park0, parks, charger0, chargers: of its parking
    # places and chargers in stop_at
    "n stops offset offset2 rule clock lead units bit zones zone0 turn0 turns park0 parks charger0 chargers "
    # run: idle: units without a task (of the first of them); position: row of where it stands; there: on the side where
    # parts are taken out, not brought in; going: row of where it goes without a part; turn: next in its cycle
    # arriving: its clock rings when it comes to the place of the hand-over, not at the end of that;
    # held, claims: zones it has and waits for; keep: those it still needs after it arrived (bits)
    "idle position there going turn state part origin target arriving held claims keep periods",
    # lasts, charge: time (s) that the battery lasts, and takes to charge; left: of it; least: charged when below
    # ended: end of its last move or hand-over; until: end of the hand-over under way; since: of its claim, or of
    # waiting at the charger
    "lasts charge least left ended until since in_empty in_loaded in_handling in_charging",
)
# feeders: stations from which others bring parts there, itself first (-1: one of them is a source, which never ends)
TURN = _dtype("station feeder0 feeders", "")
ZONE = _dtype("holder claims passed", "")  # who is inside; how many wait; the last round in which one was passed over
BELT = _dtype(
    "origin target capacity clock_in clock_out next_in next_out count kept head tail waiting moved stuck",
    "transit spacing free_in free_out since_blocked since_empty in_blocked in_empty",
)
LINK = _dtype("origin target clock next_in next_out head tail moved", "time")
# number: people; run: busy: how many have something to do; on: they are on shift; since: last booked (s)
STAFF = _dtype("number busy on", "since in_working in_waiting in_off")
# Of a station or of a pool, the other being -1. switch0..switch1: in `switches`; at, turn: the next, and its round
SHIFT = _dtype("station staff switch0 switch1 clock at turn on", "every")
CLOCK = _dtype("owner index", "")
_RUN = _dtype(
    # ruled: whether any operation has a rule other than the shortest queue
    # todo: what there may be to do at this instant; looks: arms and fleets that may have a task, waiting: those that
    # may have a unit waiting for one (bits); rounds: of granting
    # befores, parking: MAY_KEEP where some begin only with room further on, MAY_PARK where there are parking places
    # rows: whether any machines stand in a row (`direct`) and nothing is traced
    # plant: units and belts are done when a plant says so, not after the times assumed; until: where to end, or pause
    # fluid: nothing waits for ever at the end (1); 0: something may, or it has not come to its end
    # tied: bits of the first time at which two clocks have been seen to ring; 0: that time has come
    "ruled todo looks waiting befores parking rounds "
    # scrapped, joined: parts over the whole run; logged: departures in the log; at_once: events at this instant; again:
    # a clock was set to ring at it
    "free serials inside entered left left_counted scrapped joined tracing traced status events begun at_once logged "
    "again inside_found n_stations n_servers n_arms n_zones n_belts n_links n_clocks n_leaves two_levels n_trace n_log "
    "n_steps n_inlets n_products n_staff n_shifts n_words plant rows fluid tied",
    "now horizon until warmup wip_area wip_since sojourn lead",
)
TRACE = _dtype("kind index state part product step origin target", "start end")
# A part that left: kind: how; time (s); lead: time since it entered (s); late: time since its deadline (s; -inf: none)
DEPARTURE = _dtype("product kind", "time lead late")

# What `recursion` works on: parts at a time, stations side by side in a vector register, and the rest.
BLOCK, LANES = 128, 4
STOPS = 8  # failures and repairs that are drawn at a time; a power of 2
STRETCH = 512  # events that `inventory` merges at a time, four times over
_CELL = _dtype(
    # A station of the row; those of a slot, one of each lane, have the same fields side by side. at: bytes from a
    # part's row of `moments` to when it released the server; room: from there to when a part before it released the
    # next station, which makes room there (nothing does at the last station: 0); even: room is the same for all lanes;
    # out: places of the out-buffer; calendar: whether it has failures on that clock; work: 1 if parts are worked on
    # here; ahead: address of (modes, 2, STOPS) times to failure and to repair; transit: time of its link
    "at room even station server mode0 modes calendar out link doors work ahead "
    # run: periods, ended: as of `records.SERVER`; free: when it may start the next part; due: of the first operating
    # failure, on the clock `worked`; since: of its state; then the time in each state
    "periods",
    "transit closing opening free ended due worked down since failed starved working blocked",
)
_CELL_FIELDS = [(name, _CELL[name]) for name in _CELL.names or ()]
SLOT = np.dtype([(name, kind, (LANES,)) for name, kind in _CELL_FIELDS])
CELL: np.dtype[Any] = np.dtype({
    "names": [name for name, _ in _CELL_FIELDS], "formats": [kind for _, kind in _CELL_FIELDS],
    "offsets": range(0, SLOT.itemsize, 8 * LANES), "itemsize": SLOT.itemsize,
})  # fmt: skip
PLAN = _dtype(
    # slots, lag: stations in a lane, and the lane of the last one; wide: bytes of a row of `moments`;
    # late: parts enter when they go on from the first station; plain: blocks can go through without a second look
    "cells slots lag wide arrivals mix mix0 mix1 late plain n_products past back room n_modes n_streams n_places "
    # addresses; cell: of the slots; order: (stations,) bytes from there to each station; jobs: (stations, products, 2)
    # first and last place in job, which holds process-time streams; draws: (LANES * slots, BLOCK + LANES); times:
    # (BLOCK, slots, LANES); moments: see `blocks`; gone: (stations, past) when parts went on, with `back` of the past;
    # entered: when each part did; kinds: products of a block's parts, after those of LANES - 1 before it; log: of the
    # first time in the log of departures; first, count: parts by where they are at the end; coming: LANES numbers;
    # merged: 8 x STRETCH numbers;
    # spare: for copies
    "cell order jobs job draws times moments gone entered kinds log first count coming merged spare modes streams "
    # run: parts: begun; left: gone; skewed: whether lanes lag behind one another; arrived: when the next part comes
    "parts left skewed",
    "arrived",
)


class World(NamedTuple):
    """Everything a run reads and writes.

    run : (1,) the run itself, and the addresses of the tables
    samples : times (s) of empirical distributions, one after another, each rising
    ahead : times (s) of each stream drawn ahead
    able : station numbers, those of step k at `steps[k].able0 : able1`
    hop, hops : (stations, stations) int, the next station on the way from row to column, and how many hops it is
    service : (stations, steps) int, process-time stream of a step at a station, PASS or LEAVE
    quality : (stations, steps) int, row of `qualities` of a step at a station; -1: always good
    need : (stations, steps) int, first row of `needs` of a step at a station; -1: nothing
    changes : (rows, products) int, set-up time streams from product to product, -1 where it takes none: as many rows
        as there are products for each station with set-ups, one station after another
    local : (units, stations) int, a station's row in the unit's matrices
    arm_at : station numbers of all arms and fleets, one after another, rising; arm_of : in the order of their rows
    pick, place, empty, loaded, home, moved : times (s) and counts of their moves, one arm or fleet after another
    carried_to : (rows, stations) int, next station on the way from a row of an arm or fleet to a goal, where it carries
        parts there, else -1: one arm or fleet after another
    turns : stations that arms and fleets take parts from in turn; feeder_at : numbers of the stations that feed them
    stop_at : rows of the stops where vehicles park and charge, one fleet after another
    tends : numbers of the pools that run, set up or repair each station, one after another
    switches : times (s) in one round of a shift at which it begins or ends, in turn, one shift after another
    zone_at : zone numbers of all arms, one arm after another: what the bits of its masks stand for
    fetch, carry : masks of the zones that the legs from row to column need
    inside, way_out : masks of the zones that a station stands in, and of those that the way home from there needs too
    marks : (3 * words,) bits of the stations marked, for each of START, FEED, PUSH
    when, winner : the clocks' times (s) and the tournament over them: when the first one rings, and which it is
    changing : the tables that change, one after another in one block of bytes, and where each is: copied at once
    """

    run: Records
    stations: Records
    servers: Records
    modes: Records
    streams: Records
    samples: Any
    ahead: Any
    parts: Records
    steps: Records
    qualities: Records
    inlets: Records
    needs: Records
    released: Records
    products: Records
    mixes: Records
    orders: Records
    arms: Records
    belts: Records
    links: Records
    clocks: Records
    trace: Records
    departures: Records
    able: Any
    hop: Any
    hops: Any
    service: Any
    quality: Any
    need: Any
    changes: Any
    staff: Records
    shifts: Records
    tends: Any
    switches: Any
    local: Any
    arm_at: Any
    arm_of: Any
    pick: Any
    place: Any
    empty: Any
    loaded: Any
    home: Any
    moved: Any
    carried_to: Any
    turns: Records
    feeder_at: Any
    stop_at: Any
    zones: Records
    zone_at: Any
    fetch: Any
    carry: Any
    inside: Any
    way_out: Any
    marks: Any
    when: Any
    winner: Any
    changing: Any = ()

    def addressed(self) -> World:
        """This world, ready for `fresh`: the run knows how many rows there are, and where the tables lie."""
        for name in ("stations", "servers", "arms", "zones", "belts", "links", "clocks", "trace", "steps", "inlets",
                     "products", "staff", "shifts"):  # fmt: skip
            self.run[f"n_{name}"] = getattr(self, name).size
        self.run["n_words"] = self.marks.size // 3
        self.run["n_leaves"] = self.when.size // 2
        self.run["two_levels"] = (self.when.size // 2).bit_length() // 2
        spans, end = [], 0
        for number in _CHANGING:
            size = self[number].nbytes
            spans.append((number, end, end + size, self[number].dtype))
            end += -(-size // _LINE) * _LINE
        whole, tables = np.zeros(end, np.uint8), list(self)
        for number, start, stop, dtype in spans:
            whole[start:stop] = self[number].view(np.uint8)  # bytes, for rows are copied field by field
            tables[number] = whole[start:stop].view(dtype)
        tables[-1] = (whole, tuple(spans), np.array([start for _, start, _, _ in spans]))
        addresses = tables[0]["address"][0]
        addresses[_STAYING] = [_address(tables[number + 1]) for number in _STAYING]
        return World(*tables)

    def fresh(self, parts: Records, trace: Records, departures: Records) -> World:
        """A copy to run on: what the line is stays shared, what changes is its own."""
        tables = list(self)
        whole, spans, starts = self.changing
        whole = whole.copy()
        for number, start, stop, dtype in spans:
            tables[number] = np.ndarray((stop - start) // dtype.itemsize, dtype, whole, start)  # a view, the fast way
        tables[_AHEAD] = np.empty(AHEAD * tables[_STREAMS].size)
        tables[_PARTS], tables[_TRACE], tables[_DEPARTURES] = parts, trace, departures
        tables[-1] = (whole, spans, starts)
        run = tables[0]
        addresses = run["address"][0]
        addresses[_MOVED] = (_address(whole) + starts)[1:]
        for number in (_AHEAD, _PARTS, _TRACE, _DEPARTURES):
            addresses[number - 1] = _address(tables[number])
        run["n_trace"], run["n_log"] = trace.size, departures.size
        return World(*tables)

    def again(self, used: World) -> World:
        """A copy to run on in the memory of one that was made by `fresh` and is not needed any more."""
        log = used.departures
        log = log if log.base is None else log.base
        addresses = used.run["address"].copy()
        used.changing[0][:] = self.changing[0]
        used.run["address"] = addresses
        used.run["n_trace"], used.run["n_log"] = used.trace.size, log.size
        return used._replace(departures=log)

    def with_log(self, size: int) -> World:
        """This world, to go on with: the log of departures has that much room."""
        log = log_of(size)
        logged = int(self.run["logged"][0])
        log[:logged] = self.departures[:logged]
        self.run["address"][0, _DEPARTURES - 1] = _address(log)
        self.run["n_log"], self.run["status"] = size, DONE
        return self._replace(departures=log)


def log_of(size: int) -> Any:
    """(size,) departures with anything in them, which nobody else refers to.

    The last long one is kept, for the run after those that look at it: new memory costs more than to write a log there.
    """
    global _kept
    kept = _kept
    if kept.size >= size >= _LONG and sys.getrefcount(kept) == _NOBODY_ELSE:
        return kept[:size]
    log = np.empty(size, DEPARTURE)
    if _LONG <= size <= _TOO_LONG:
        _kept = log
        return log[:]
    return log


_LONG, _TOO_LONG = 1 << 14, 1 << 19  # departures: of 40 bytes each
_NOBODY_ELSE = 3  # references: of the module, of the function, and of the one that counts them
_kept = np.empty(0, DEPARTURE)


def _address(table: Any) -> int:
    return int(table.ctypes.data)  # `__array_interface__` spells out every field


_LINE = 64  # bytes: tables begin where the processor's cache lines do
CHANGING = ("run", "stations", "servers", "modes", "streams", "steps", "inlets", "products", "arms", "belts", "links",
            "moved", "zones", "staff", "shifts", "marks", "when", "winner")  # fmt: skip
_CHANGING = tuple(map(World._fields.index, CHANGING))
_MOVED = np.array(_CHANGING[1:]) - 1
_STAYING = [number - 1 for number in range(1, len(World._fields) - 1) if number not in _CHANGING]
_PARTS, _TRACE, _DEPARTURES, _AHEAD, _STREAMS = map(
    World._fields.index, ("parts", "trace", "departures", "ahead", "streams")
)
TABLES = World._fields[1:-1]


def _digest() -> str:
    """Of all the code that is compiled: part of a type, so that compiled code kept on disk is never out of date."""
    folder = Path(__file__).parent
    names = ("records", "streams", "tables", "jit", "bits", "draws", "clocks", "marks", "parts", "inlets", "kept",
             "setups", "staff", "servers", "interruptions", "shifts", "places", "ways", "zones", "arms", "cycles",
             "charging", "carriers", "direct", "rooms", "waiting", "run", "recursion", "blocks", "lanes", "inventory",
             "uptime")  # fmt: skip
    return digest(folder / f"{name}.py" for name in names)


RUN = np.dtype([*_RUN.descr, (f"code_{_digest()}", np.int64), ("address", np.int64, (len(TABLES),))])
