# SPDX-License-Identifier: Apache-2.0
"""The device's clock, visiting only tiles that are awake or due.

wolfpine asks every tile of the device in every cycle whether it wants to run. Here the awake tiles are a list in
registration order, the sleeping ones with a deadline a heap. Order matters and is kept: a tile woken by an earlier one
in the same cycle still runs in that cycle, one woken by a later one runs in the next.
"""

from __future__ import annotations

import math
from bisect import insort
from heapq import heappop, heappush

from framework.device.clock import MultiTileClock, TileClock


class EventTileClock(TileClock):
    """A tile's clock that tells the device's clock when it is woken."""

    index = -1

    def wake(self) -> None:
        was_asleep = not self.awake
        super().wake()
        if was_asleep and self.pump is not None:
            self.pump.note_woken(self.index)


class EventClock(MultiTileClock):
    """Takes the place of MultiTileClock; only the sequential run with skipping of idle cycles is replaced."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._awake: list[int] = []  # indices of awake tiles, ascending
        self._due: list[tuple[int, int]] = []  # heap of (cycle, index); entries of tiles that moved on are skipped
        self._now: list[int] = []  # the tiles of the cycle being run
        self._position = -1  # index of the tile being run, -1 between cycles

    def add_tile_clock(self, tile_clock, *, heavy: bool = False) -> None:
        tile_clock.index = len(self._tile_clocks)
        super().add_tile_clock(tile_clock, heavy=heavy)
        if tile_clock.awake:
            self.note_woken(tile_clock.index)

    def note_woken(self, index: int) -> None:
        if self._position >= 0 and index > self._position:
            if index not in self._now:  # a tile whose deadline is this cycle is there already
                insort(self._now, index)
        else:
            insort(self._awake, index)

    def _run_strided(self, num_iterations: int) -> None:
        cycle = self.clock_tick_num
        end = cycle + num_iterations
        horizon = None
        while cycle < end:
            self.current_cycle = cycle
            self._run_cycle(cycle)
            if self.on_tick is not None:
                self.on_tick(cycle)
            following = cycle + 1 if self._awake else self._next_deadline(cycle)
            horizon = following if following >= end and not self._awake else None
            cycle = min(following, end)
        self.clock_tick_num = self.current_cycle = end
        for tile_clock in self._tile_clocks:
            tile_clock.clock_tick_num = end
        self.quiescent_until = horizon

    def _run_cycle(self, cycle: int) -> None:
        clocks, due = self._tile_clocks, self._due
        now, self._awake = self._awake, []
        while due and due[0][0] <= cycle:
            index = heappop(due)[1]
            clock = clocks[index]
            if not clock.awake and clock.wake_at is not None and clock.wake_at <= cycle and index not in now:
                insort(now, index)
        self._now = now
        # note_woken may lengthen `now` behind the current tile while it is walked.
        for index in now:
            self._position = index
            clock = clocks[index]
            clock.clock_tick(cycle)
            if clock.awake:
                insort(self._awake, index)
            elif clock.wake_at is not None:
                heappush(due, (clock.wake_at, index))
        self._position = -1

    def _next_deadline(self, cycle: int) -> float:
        due, clocks = self._due, self._tile_clocks
        while due:
            when, index = due[0]
            clock = clocks[index]
            if not clock.awake and clock.wake_at == when:
                break
            heappop(due)
        deadline = due[0][0] if due else math.inf
        own = self.on_tick_wake(cycle) if self.on_tick_wake is not None else None
        return max(cycle + 1, min(deadline, math.inf if own is None else own))
