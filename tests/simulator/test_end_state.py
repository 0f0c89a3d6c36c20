# SPDX-License-Identifier: Apache-2.0
"""The check of what a program leaves behind: each kind of offence is named, and only chosen programs are checked."""

from types import SimpleNamespace

import pytest
from launcher import end_state, hang_report
from launcher.coordinates import Core
from launcher.end_state import EndState
from launcher.wait_condition import POPPED_REGISTER, PUSHED_REGISTER, STREAM_BYTES
from test_poison import configured_l1

GO_ADDRESS = 1184
CORE = Core(logical=(0, 0), noc0=(1, 1))
SEMAPHORE_1 = 35168 + 64 + 16


@pytest.fixture
def overlay_class(kept_attributes, monkeypatch, tmp_path):
    """wolfpine's page counters, patched as in the launcher; buffer 16 has a name."""
    from framework.network.tt_noc import NoCOverlay

    kept_attributes(NoCOverlay, "write")
    monkeypatch.setenv(end_state.CHECK_VARIABLE, "all")
    (tmp_path / "names.json").write_text('{"16": "output rows"}')
    monkeypatch.setenv(hang_report.BUFFER_NAMES_VARIABLE, str(tmp_path / "names.json"))
    hang_report._names.cache_clear()
    end_state.install()
    yield NoCOverlay
    del NoCOverlay.counts_before_reset
    hang_report._names.cache_clear()


class Tile:
    """A worker with buffer 16 and two semaphores, 0 and 7."""

    def __init__(self, overlay_class):
        from framework.pe.tensix.backends.sync import TensixSyncUnit
        from framework.pe.tensix.registers import SrcRegister

        self.L1_mem = SimpleNamespace(memory=configured_l1({16: (0x19D60, 2048, 1, 2048)}, semaphores=(0, 7)))
        self.noc_overlay = overlay_class()
        self.sources = {"A": [SrcRegister(), SrcRegister()], "B": [SrcRegister(), SrcRegister()]}
        self.sync = SimpleNamespace(
            semaphores=[TensixSyncUnit.TTSemaphore() for _ in range(8)],
            mutexes=[TensixSyncUnit.TTMutex() for _ in range(8)],
        )
        self.sync.getSemaphore = self.sync.semaphores.__getitem__
        backend = SimpleNamespace(
            getSrcA=self.sources["A"].__getitem__,
            getSrcB=self.sources["B"].__getitem__,
            getSyncUnit=lambda: self.sync,
        )
        self.tensix_coprocessor = SimpleNamespace(getBackend=lambda: backend)

    def count(self, register: int, value: int, index: int = 16) -> None:
        self.noc_overlay.write(STREAM_BYTES * index + 4 * register, value.to_bytes(4, "little"))


@pytest.fixture
def tile(overlay_class):
    return Tile(overlay_class)


def run_program(tile, leave_behind, names=("all",)):
    watch = EndState(frozenset(names))
    watch.core_launched(CORE, tile, GO_ADDRESS)
    leave_behind(tile)
    # The firmware's own reset, which comes about when it reports DONE.
    tile.count(PUSHED_REGISTER, 0)
    tile.count(POPPED_REGISTER, 0)
    watch.program_ended(500)


def counts(pushed, popped):
    def leave_behind(tile):
        tile.count(PUSHED_REGISTER, pushed)
        tile.count(POPPED_REGISTER, popped)

    return leave_behind


@pytest.mark.parametrize(("pushed", "popped"), [(0, 0), (5, 5), (0x10005, 5)])
def test_equal_pushes_and_pops_pass(tile, pushed, popped):
    run_program(tile, counts(pushed, popped))


@pytest.mark.parametrize(
    ("pushed", "popped", "words"),
    [(5, 4, "5 pages pushed, 4 popped, 1 left in it"), (4, 6, "4 pages pushed, 6 popped, 2 too many popped")],
)
def test_unequal_pushes_and_pops_are_named(tile, pushed, popped, words):
    with pytest.raises(end_state.StateLeftBehind) as raised:
        run_program(tile, counts(pushed, popped))
    assert f'core (0, 0) (NoC 1-1): buffer 16 "output rows": {words}' in str(raised.value)


def test_counts_before_the_firmware_has_reset_them_are_seen(tile):
    watch = EndState(frozenset({"all"}))
    watch.core_launched(CORE, tile, GO_ADDRESS)
    tile.count(PUSHED_REGISTER, 3)
    with pytest.raises(end_state.StateLeftBehind, match="3 pages pushed, 0 popped"):
        watch.program_ended(500)


def test_counts_of_an_earlier_program_do_not_count(tile):
    watch = EndState(frozenset({"all"}))
    tile.count(PUSHED_REGISTER, 3)
    tile.count(PUSHED_REGISTER, 0)
    watch.core_launched(CORE, tile, GO_ADDRESS)
    watch.program_ended(500)


def test_a_changed_semaphore_is_named(tile):
    def leave_behind(tile):
        tile.L1_mem.memory[SEMAPHORE_1] = 9

    with pytest.raises(end_state.StateLeftBehind, match="semaphore 1 is 9, was 7 at the start"):
        run_program(tile, leave_behind)


def test_tensix_semaphores_mutexes_and_source_banks_are_named(tile):
    def leave_behind(tile):
        tile.sync.semaphores[1].value = 1
        tile.sync.mutexes[2].held_by = 0
        tile.sources["B"][1].flipAllowedClient()

    with pytest.raises(end_state.StateLeftBehind) as raised:
        run_program(tile, leave_behind)
    assert "Tensix semaphore MATH_PACK is 1, not 0" in str(raised.value)
    assert "Tensix mutex 2 is held" in str(raised.value)
    assert "SrcB bank 1 holds data the matrix unit has not given back" in str(raised.value)


@pytest.mark.parametrize(
    ("kernels", "checked"),
    [
        ({"reader", "writer"}, True),
        ({"reader", "tilize"}, False),
        ({"reader", "<trisc0>"}, True),
        ({"tilize", "<trisc0>"}, False),
    ],
)
def test_only_programs_whose_kernels_are_all_named_are_checked(tile, monkeypatch, kernels, checked):
    monkeypatch.setattr(end_state, "kernel_names", lambda entry: frozenset(kernels))
    names = ("reader", "compute", "writer")
    if checked:
        with pytest.raises(end_state.StateLeftBehind):
            run_program(tile, counts(1, 0), names)
    else:
        run_program(tile, counts(1, 0), names)


def test_names_come_from_the_environment(monkeypatch):
    monkeypatch.setenv(end_state.CHECK_VARIABLE, "reader, writer,")
    assert end_state.wanted_names() == {"reader", "writer"}
    monkeypatch.delenv(end_state.CHECK_VARIABLE)
    assert end_state.wanted_names() == frozenset()
