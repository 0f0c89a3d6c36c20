# SPDX-License-Identifier: Apache-2.0
"""The fast core does in every cycle what wolfpine's core does, frozen or not."""

import random

import pytest
from framework.arch.blackhole import BLACKHOLE_PROFILE
from framework.arch.wormhole import WORMHOLE_PROFILE
from framework.device import blackhole, tiles
from framework.pe.register.register import Register, RegisterAccessMode
from framework.pe.register.register_file import RegisterFile
from framework.pe.rv.isa.b_isa import RV_ZBA_ISA, RV_ZBB_ISA
from framework.pe.rv.isa.i_isa import RV_I_ISA
from framework.pe.rv.isa.m_isa import RV_M_ISA
from launcher.fast_sim import rv_operations
from launcher.fast_sim.core import FastCore

FLAG_ADDRESS, RESULT_ADDRESS = 0x1000, 0x1100
OVERLAY_COUNTER_ADDRESS = 0xFFB40010  # stream 0, register 4: pages pushed to buffer 0
ALL_HELD, BRISC_BIT = 0x47800, 0x800


def op_immediate(funct3, rd, rs1, immediate, opcode=0x13):
    return (immediate & 0xFFF) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def load_word(rd, rs1, offset):
    return op_immediate(2, rd, rs1, offset, 0x03)


def store_word(rs2, rs1, offset):
    return (offset >> 5 & 0x7F) << 25 | rs2 << 20 | rs1 << 15 | 2 << 12 | (offset & 0x1F) << 7 | 0x23


def branch(funct3, rs1, rs2, offset):
    bits = offset & 0x1FFF
    return (
        (bits >> 12) << 31 | (bits >> 5 & 0x3F) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12
        | (bits >> 1 & 0xF) << 8 | (bits >> 11 & 1) << 7 | 0x63
    )  # fmt: skip


def register_operation(funct7, funct3, rd, rs1, rs2):
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x33


# Wait for the flag, count down from 9 with a multiply, a divide and a store a turn, wait for two pages, store 99.
PROGRAM = [
    0x1 << 12 | 5 << 7 | 0x37,  # lui x5, FLAG_ADDRESS
    load_word(6, 5, 0),
    branch(0, 6, 0, -4),
    op_immediate(0, 7, 0, 9),
    register_operation(1, 0, 8, 7, 6),
    register_operation(1, 4, 9, 8, 7),
    store_word(8, 5, 0x100),
    load_word(10, 5, 0x100),
    op_immediate(0, 7, 7, -1),
    branch(1, 7, 0, -20),
    (0xFFB40 << 12) | 11 << 7 | 0x37,  # lui x11, overlay
    op_immediate(0, 13, 0, 2),
    load_word(12, 11, 0x10),
    branch(6, 12, 13, -4),
    op_immediate(0, 14, 0, 99),
    store_word(14, 5, 0x100),
    0x6F,  # jal x0, 0: stay here
]


# Blackhole's: wait for the flag as its firmware does, then some of its own instructions, then store 99.
BLACKHOLE_PROGRAM = [
    0x1 << 12 | 5 << 7 | 0x37,  # lui x5, FLAG_ADDRESS
    load_word(6, 5, 0),
    0x0FF0000F,  # fence
    op_immediate(1, 7, 6, 0x604),  # sext.b
    branch(0, 7, 0, -12),
    register_operation(0x10, 4, 8, 7, 6),  # sh2add: 5 * 4 + 5
    op_immediate(0, 8, 8, -20),
    op_immediate(0, 14, 0, 99),
    store_word(14, 5, 0x100),
    0x6F,
]


def new_tile(is_blackhole):
    if is_blackhole:
        return blackhole.BlackholeTensixTile(1, 2, 1, 2, profile=BLACKHOLE_PROFILE)
    return tiles.TensixTile(18, 18, 1, 1, profile=WORMHOLE_PROFILE)


def run_program(core_class, monkeypatch, flag_cycle, pages_cycles, cycles=900, program=PROGRAM):
    """The value at RESULT_ADDRESS after each cycle, and the core at the end."""
    monkeypatch.setattr(tiles, "BabyRISCV", core_class)
    tile = new_tile(program is BLACKHOLE_PROGRAM)
    for index, word in enumerate(program):
        tile.L1_mem.write(4 * index, word.to_bytes(4, "little"))
    tile.tile_ctrl.RISCV_DEBUG_REG_SOFT_RESET_0 = (ALL_HELD & ~BRISC_BIT).to_bytes(4, "little")
    tile.brisc.start()
    results = []
    for cycle in range(cycles):
        if cycle == flag_cycle:
            tile.L1_mem.write(FLAG_ADDRESS, (5).to_bytes(4, "little"))
            note_change(tile.brisc)
        if cycle in pages_cycles:
            tile.noc_overlay.stream_regs[0][4] += 1
            note_change(tile.brisc)
        tile.brisc.clock_tick(cycle)
        results.append(int.from_bytes(tile.L1_mem.read(RESULT_ADDRESS, 4), "little"))
    return results, tile.brisc


def note_change(core):
    if isinstance(core, FastCore):
        core.activity.changes += 1


@pytest.mark.parametrize("flag_cycle", [0, 7, 120, 121, 122, 123, 124, 125, 126, 127, 333])
def test_stores_land_in_the_same_cycle(monkeypatch, flag_cycle):
    original = tiles.BabyRISCV
    pages_cycles = (flag_cycle + 300, flag_cycle + 411)
    expected, _ = run_program(original, monkeypatch, flag_cycle, pages_cycles)
    found, core = run_program(FastCore, monkeypatch, flag_cycle, pages_cycles)
    assert expected[-1] == 99
    assert found == expected
    assert core.register_file[8].read_uint() == 5


@pytest.mark.parametrize("flag_cycle", [0, 7, *range(120, 131), 333])
def test_blackholes_stores_land_in_the_same_cycle(monkeypatch, flag_cycle):
    monkeypatch.setenv("TT_SIM_COST_MODEL", "1")
    expected, _ = run_program(tiles.BabyRISCV, monkeypatch, flag_cycle, (), program=BLACKHOLE_PROGRAM)
    found, core = run_program(FastCore, monkeypatch, flag_cycle, (), program=BLACKHOLE_PROGRAM)
    assert expected[-1] == 99 and found == expected
    assert core.register_file[8].read_uint() == 5
    _, core = run_program(FastCore, monkeypatch, 10_000, (), cycles=200, program=BLACKHOLE_PROGRAM)
    assert core.wait_loop.frozen and core.wait_loop.polled() == [(FLAG_ADDRESS, 4, 0)]


def test_a_polling_core_is_frozen_and_says_what_it_polls(monkeypatch):
    _, core = run_program(FastCore, monkeypatch, flag_cycle=10_000, pages_cycles=(), cycles=200)
    assert core.wait_loop.frozen
    assert core.wait_loop.polled() == [(FLAG_ADDRESS, 4, 0)]


def test_a_working_core_is_not_frozen(monkeypatch):
    _, core = run_program(FastCore, monkeypatch, flag_cycle=0, pages_cycles=(), cycles=100)
    assert not core.wait_loop.frozen


def wolfpine_result(word, left, right):
    """What wolfpine's interpreter leaves in x3 for an instruction on x1 and x2, or None where it fails."""
    registers = RegisterFile(
        [Register(4, bytes(4), RegisterAccessMode.R, False)] + [Register(4) for _ in range(33)], {}
    )
    registers[1].write(left.to_bytes(4, "little"))
    registers[2].write(right.to_bytes(4, "little"))
    try:
        ran = any(isa.run(registers, None, False, word) for isa in (RV_ZBA_ISA, RV_ZBB_ISA, RV_M_ISA, RV_I_ISA))
    except (ZeroDivisionError, OverflowError):
        return None
    return registers[3].read_uint() if ran else None


def test_arithmetic_equals_wolfpines_on_random_operands():
    random.seed(1)
    edges = [0, 1, 2, 31, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
    compared = 0
    for _ in range(4000):
        left, right = (random.choice(edges) if random.random() < 0.3 else random.getrandbits(32) for _ in range(2))
        funct7, funct3 = random.choice(list(rv_operations.REGISTER_RESULTS | rv_operations.BIT_RESULTS))
        is_remainder = (funct7, funct3) == (1, 6)  # wolfpine takes the divisor's sign (patches.patch_division)
        immediate = random.getrandbits(12)
        for word in (register_operation(funct7, funct3, 3, 1, 2), op_immediate(funct3, 3, 1, immediate)):
            expected = wolfpine_result(word, left, right)
            operation = rv_operations.decode(word)
            if expected is None or operation.function is None or (is_remainder and word & 0x7F == 0x33):
                continue
            x = [0, left, right] + [0] * 30
            operation.function(None, x, 0, operation.rd, operation.rs1, operation.rs2, operation.immediate)
            assert x[3] == expected, (hex(word), hex(left), hex(right))
            compared += 1
    assert compared > 5000
