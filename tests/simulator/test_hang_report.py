# SPDX-License-Identifier: Apache-2.0
"""What a hang report says: the wait condition, from the branch that keeps a core in its loop."""

import contextlib
import itertools
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest
from launcher import elf_lines, hang, hang_report, launch_message, wait_condition
from launcher.wait_condition import EQUAL, GREATER_EQUAL, LESS, UNEQUAL
from test_poison import BASE, configured_l1


@pytest.mark.parametrize(
    ("relation", "a", "b", "present", "wanted"),
    [
        (LESS, 2, 5, 2, 5),
        (GREATER_EQUAL, 4, 2, 2, 5),
        (EQUAL, 7, 7, 0, 1),
        (LESS, 3, 5, 2, None),
        (UNEQUAL, 2, 5, 2, None),
    ],
)
def test_wanted_pages_follow_from_the_branch(relation, a, b, present, wanted):
    assert wait_condition.wanted_count([(relation, a, b)], present) == wanted


@pytest.mark.parametrize(
    ("relation", "a", "b", "value", "words"),
    [
        (UNEQUAL, 3, 9, 3, "9"),
        (GREATER_EQUAL, 6, 3, 3, "7 or more"),
        (LESS, 3, 7, 3, "7 or more"),
        (EQUAL, 0, 0, 0, "another value than 0"),
        (LESS, 1, 2, 3, None),
    ],
)
def test_wanted_semaphore_value_follows_from_the_branch(relation, a, b, value, words):
    assert wait_condition._wanted_value(relation, a, b, value) == words


def test_semaphores_are_found_by_their_address():
    memory = configured_l1({16: (0x19D60, 2048, 1, 2048)}, semaphores=(0, 7))
    tile = SimpleNamespace(L1_mem=SimpleNamespace(memory=memory))
    expected = {BASE + 64: hang_report.semaphore_name(0), BASE + 80: hang_report.semaphore_name(1)}
    assert hang_report.semaphores_of(tile) == expected


def test_a_launch_message_that_was_overwritten_does_not_spoil_the_report():
    memory = configured_l1({16: (0x19D60, 2048, 1, 2048)}, semaphores=(0, 7))
    memory[launch_message.READ_INDEX_ADDRESS : launch_message.READ_INDEX_ADDRESS + 4] = 0xFF
    assert hang_report.semaphores_of(SimpleNamespace(L1_mem=SimpleNamespace(memory=memory))) == {}


@pytest.mark.parametrize(
    ("name", "words"), [('semaphore 0 "ready"', 'semaphore 0 "ready"'), (None, "a semaphore or flag")]
)
def test_a_wait_for_a_semaphore_names_it(name, words):
    text = wait_condition._describe_semaphore(0x8A00, 3, [(UNEQUAL, 3, 71)], name)
    assert text == f"{words} in L1 at 0x8a00: is 3, wants 71"


def test_the_text_of_an_elf_is_its_executable_segment(tmp_path):
    segments = [(1, 6, b"data"), (6, 1, b"no load"), (1, 5, b"text")]  # p_type, p_flags, contents
    contents, table = bytearray(elf_lines.ELF32_HEADER_BYTES + 32 * len(segments)), elf_lines.ELF32_HEADER_BYTES
    struct.pack_into("<I", contents, 28, table)
    struct.pack_into("<2H", contents, 42, 32, len(segments))
    for index, (kind, flags, text) in enumerate(segments):
        struct.pack_into(
            "<8I", contents, table + 32 * index, kind, len(contents), 0x5000, 0, len(text), len(text), flags, 4
        )
        contents += text
    elf, cut_off = tmp_path / "a.elf", tmp_path / "b.elf"
    elf.write_bytes(contents)
    cut_off.write_bytes(contents[:60])
    assert elf_lines.text_of(elf) == (0x5000, b"text")
    assert elf_lines.text_of(cut_off) == elf_lines.text_of(tmp_path / "none.elf") == (0, b"")


def test_match_extends_to_both_sides():
    text, memory = b"abcdefgh", b"__bcdefX"
    assert elf_lines.match_length(text, 3, memory, 4) == len("bcdef")


def test_kernel_lines_are_told_from_library_and_firmware_lines():
    assert elf_lines.Frame("/home/me/kernels/reader.cpp", 41, "kernel_main").is_kernel_source
    assert not elf_lines.Frame("/root/tt_metal/hw/inc/api/dataflow/dataflow_api.h", 9, "cb_wait_front").is_kernel_source
    assert not elf_lines.Frame("/x/brisck.cc", 9, "main").is_kernel_source


@pytest.mark.parametrize("cache", ["/home/me/.cache", "/home/me/.cache/kernels/6ed7eb"])
def test_kernels_and_firmware_are_told_apart_wherever_the_cache_lies(cache):
    kernel = Path(cache, "tt-metal-cache776/kernels/compute/1301/trisc0/trisc0.elf.xip.elf")
    firmware = Path(cache, "tt-metal-cache776/firmware/trisc0/trisc0.elf")
    assert elf_lines.Place(kernel, 0).kernel == "compute"
    assert elf_lines.Place(firmware, 0).kernel is None


def test_buffers_and_semaphores_get_their_names(tmp_path, monkeypatch):
    path = tmp_path / "names.json"
    path.write_text('{"0": "input rows", "semaphore 0": "gamma arrived"}')
    monkeypatch.setenv(hang_report.BUFFER_NAMES_VARIABLE, str(path))
    hang_report._names.cache_clear()
    assert hang_report.buffer_name(0) == 'buffer 0 "input rows"'
    assert hang_report.buffer_name(1) == "buffer 1"
    assert hang_report.semaphore_name(0) == 'semaphore 0 "gamma arrived"'
    assert hang_report.semaphore_name(1) == "semaphore 1"
    hang_report._names.cache_clear()


def test_template_arguments_are_dropped_from_names():
    assert hang_report._short("read_pages<TensorAccessor<A, B> >") == "read_pages"


class QuietDevice:
    """A device on which nothing moves, though its clock still wants to run."""

    def __init__(self):
        self.pump = SimpleNamespace(_tile_clocks=[SimpleNamespace(next_event_cycle=lambda cycle: cycle + 1)])
        self.launched = {}
        self.core_of_tile = {}
        self.tt_device = SimpleNamespace(tile_directory={})

    def noc_is_idle(self):
        return True


def test_no_progress_becomes_a_hang_only_after_the_whole_time():
    watch = hang.HangWatch(QuietDevice())
    watch.start(1000)
    watch.check(1100)
    watch.check(1100 + hang.STALLED_CYCLES - 1)
    with pytest.raises(hang.DeviceHang, match="simulated device hang at cycle"):
        watch.check(1100 + hang.STALLED_CYCLES)


def test_quiet_time_of_an_earlier_program_does_not_count():
    watch = hang.HangWatch(QuietDevice())
    watch.start(0)
    watch.check(100)
    watch.start(50_000)
    watch.check(50_100)


def test_device_without_any_future_event_hangs_at_once():
    device = QuietDevice()
    device.pump._tile_clocks = [SimpleNamespace(next_event_cycle=lambda cycle: None)]
    with pytest.raises(hang.DeviceHang, match="nothing can happen any more"):
        hang.HangWatch(device).check(100)


@pytest.mark.parametrize(
    ("works", "stores", "cycles"),
    [(True, False, None), (False, False, hang.EFFECTLESS_CYCLES), (False, True, hang.EFFECTLESS_STORING_CYCLES)],
)
def test_cores_that_only_count_or_store_hang_after_a_longer_time(monkeypatch, works, stores, cycles):
    watch = hang.HangWatch(QuietDevice())
    counted = itertools.count()
    monkeypatch.setattr(watch, "_progress_state", lambda cycle: (next(counted),))
    monkeypatch.setattr(watch, "_effects", lambda cycle: (next(counted) if works else 0,))
    monkeypatch.setattr(watch, "_stores", lambda: (next(counted) if stores else 0,))
    monkeypatch.setattr(hang_report, "build_report", lambda device, cycle, reason: f"{reason}, in cycle {cycle}.")
    watch.start(0)
    hangs = pytest.raises(hang.DeviceHang, match=f"no packet, no page .* in cycle {cycles}[.]")
    with hangs if cycles else contextlib.nullcontext():
        for cycle in range(0, 2 * hang.EFFECTLESS_STORING_CYCLES, 100):
            if cycle % 1_000 == 0:  # the host looks in between
                watch.resume(cycle)
            watch.check(cycle)


def test_the_report_ends_with_the_last_plan(monkeypatch, tmp_path, capsys):
    plan = tmp_path / "plan.txt"
    plan.write_text("layernorm_fused_rm: 24 rows of 96 elements\n")
    monkeypatch.setenv(hang.LAST_PLAN_VARIABLE, str(plan))
    monkeypatch.setenv(hang.HANG_REPORT_VARIABLE, str(tmp_path / "report.txt"))
    assert hang._publish("simulated device hang\ncore (0, 0)") == "simulated device hang"
    report = (tmp_path / "report.txt").read_text()
    assert report == "simulated device hang\ncore (0, 0)\nthe last plan:\nlayernorm_fused_rm: 24 rows of 96 elements\n"
    assert report == capsys.readouterr().err


def test_without_a_plan_the_report_stays_as_it_is(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv(hang.HANG_REPORT_VARIABLE, raising=False)
    for name in (str(tmp_path / "missing.txt"), ""):
        monkeypatch.setenv(hang.LAST_PLAN_VARIABLE, name)
        hang._publish("simulated device hang")
        assert capsys.readouterr().err == "simulated device hang\n"


def test_a_full_disk_does_not_keep_the_report_back(monkeypatch, capsys):
    monkeypatch.setenv(hang.HANG_REPORT_VARIABLE, "/dev/full")
    assert hang._publish("simulated device hang\ncore (0, 0)") == "simulated device hang"
    shown = capsys.readouterr().err
    assert "simulated device hang\ncore (0, 0)\n" in shown
    assert "the report could not be written to /dev/full (No space left on device)" in shown


@pytest.mark.parametrize("error", [hang.DeviceHang("simulated device hang"), ValueError("a fault of the simulator")])
def test_the_host_is_ended_though_nothing_can_be_said(monkeypatch, error):
    ended = []
    monkeypatch.setattr(hang, "stop_host", lambda summary, **_: ended.append(summary))
    monkeypatch.setattr(hang.os, "_exit", ended.append)
    with open("/dev/full", "w", buffering=1) as full, monkeypatch.context() as context:
        context.setattr("sys.stderr", full)
        with contextlib.suppress(OSError), hang.host_ended_on_error("address"):
            raise error
        context.undo()
        with contextlib.suppress(OSError):
            full.close()
    assert ended == [str(error) if isinstance(error, hang.DeviceFault) else f"ValueError: {error}", 1]


def test_code_is_found_where_it_begins_and_ends(monkeypatch):
    """A program counter whose neighbours are another program's: an endless loop may be a kernel's last instruction."""
    text = bytes(range(1, 65))
    monkeypatch.setattr(elf_lines, "candidates", lambda name: [Path("kernels/writer/1/brisc/brisc.elf")])
    monkeypatch.setattr(elf_lines, "text_of", lambda elf: (0x100, text))
    memory = bytes(40) + text + bytes(40)
    for offset in (0, 4, 32, 56, 60):
        assert elf_lines.locate("brisc", memory, 40 + offset).address == 0x100 + offset
    assert elf_lines.locate("brisc", bytes(80), 40) is None
