# SPDX-License-Identifier: Apache-2.0
"""RV32IM and the Tensix push instruction, decoded once per instruction word.

`decode(word)` gives an Operation whose function runs it on a core: function(core, x, pc, rd, rs1, rs2, immediate)
returns the address of the next instruction, None for the one that follows, or STALL to try again in the next cycle. `x`
is the core's list of register values, unsigned; a result nobody wants (rd = x0) goes to the spare entry x[DISCARD].
Instructions not listed here (system, atomics, most of Blackhole's Zba and Zbb, unknown ones) are left to wolfpine's own
interpreter. Source: The RISC-V Instruction Set Manual, volume I, chapters RV32I, M, Zba and Zbb.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

MASK = 0xFFFFFFFF
SIGN = 0x80000000
DISCARD = 32
STALL = -1


class Operation(NamedTuple):
    """One decoded instruction. rs1 and rs2 are 0 where the instruction reads no register there."""

    function: Callable | None
    rd: int
    rs1: int
    rs2: int
    immediate: int
    has_own_cost: bool  # load, store, multiply, divide: the cost model looks at more than the registers
    writes_register: bool


def signed(value: int) -> int:
    return value - 0x100000000 if value & SIGN else value


def _sign_extend(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _immediate_i(word: int) -> int:
    return _sign_extend(word >> 20, 12)


def _immediate_s(word: int) -> int:
    return _sign_extend((word >> 25) << 5 | word >> 7 & 0x1F, 12)


def _immediate_b(word: int) -> int:
    value = (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 0x3F) << 5 | (word >> 8 & 0xF) << 1
    return _sign_extend(value, 13)


def _immediate_j(word: int) -> int:
    value = (word >> 31) << 20 | (word >> 12 & 0xFF) << 12 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3FF) << 1
    return _sign_extend(value, 21)


# Each function below has the signature given in the module docstring; d, a, b, i are rd, rs1, rs2 and the immediate.


def _lui(core, x, pc, d, a, b, i):
    x[d] = i


def _auipc(core, x, pc, d, a, b, i):
    x[d] = (pc + i) & MASK


def _jal(core, x, pc, d, a, b, i):
    x[d] = (pc + 4) & MASK
    return (pc + i) & MASK


def _jalr(core, x, pc, d, a, b, i):
    target = (x[a] + i) & 0xFFFFFFFE
    x[d] = (pc + 4) & MASK
    return target


def _beq(core, x, pc, d, a, b, i):
    return (pc + i) & MASK if x[a] == x[b] else None


def _bne(core, x, pc, d, a, b, i):
    return (pc + i) & MASK if x[a] != x[b] else None


def _blt(core, x, pc, d, a, b, i):
    return (pc + i) & MASK if x[a] ^ SIGN < x[b] ^ SIGN else None


def _bge(core, x, pc, d, a, b, i):
    return (pc + i) & MASK if x[a] ^ SIGN >= x[b] ^ SIGN else None


def _bltu(core, x, pc, d, a, b, i):
    return (pc + i) & MASK if x[a] < x[b] else None


def _bgeu(core, x, pc, d, a, b, i):
    return (pc + i) & MASK if x[a] >= x[b] else None


def _lw(core, x, pc, d, a, b, i):
    address = (x[a] + i) & MASK
    if address < core.l1_bytes and not address & 3:
        value = core.l1_words[address >> 2]
        if core.observes:
            core.wait_loop.note_load(address, 4, value)
        x[d] = value
        return None
    return core.load_elsewhere(d, address, 4, False)


def _lbu(core, x, pc, d, a, b, i):
    address = (x[a] + i) & MASK
    if address < core.l1_bytes:
        value = core.l1[address]
        if core.observes:
            core.wait_loop.note_load(address, 1, value)
        x[d] = value
        return None
    return core.load_elsewhere(d, address, 1, False)


def _lb(core, x, pc, d, a, b, i):
    return core.load_elsewhere(d, (x[a] + i) & MASK, 1, True)


def _lh(core, x, pc, d, a, b, i):
    return core.load_elsewhere(d, (x[a] + i) & MASK, 2, True)


def _lhu(core, x, pc, d, a, b, i):
    return core.load_elsewhere(d, (x[a] + i) & MASK, 2, False)


def _sw(core, x, pc, d, a, b, i):
    address = (x[a] + i) & MASK
    if address < core.l1_bytes and not address & 3:
        if core.observes:
            core.wait_loop.give_up()
        core.l1_words[address >> 2] = x[b]
        core.activity.changes += 1
        core.activity.stores += 1
        return None
    return core.store_elsewhere(address, x[b], 4)


def _sh(core, x, pc, d, a, b, i):
    return core.store_elsewhere((x[a] + i) & MASK, x[b] & 0xFFFF, 2)


def _sb(core, x, pc, d, a, b, i):
    return core.store_elsewhere((x[a] + i) & MASK, x[b] & 0xFF, 1)


def _push_tensix(core, x, pc, d, a, b, i):
    return core.push_tensix(i)


def _divide(x: int, y: int) -> int:
    """Signed quotient towards zero; division by zero gives -1, overflow wraps (chapter M)."""
    dividend, divisor = signed(x), signed(y)
    if divisor == 0:
        return MASK
    quotient = abs(dividend) // abs(divisor)
    return (-quotient if (dividend < 0) != (divisor < 0) else quotient) & MASK


def _remainder(x: int, y: int) -> int:
    """Signed remainder with the sign of the dividend; remainder by zero is the dividend (chapter M)."""
    dividend, divisor = signed(x), signed(y)
    if divisor == 0:
        return x
    remainder = abs(dividend) % abs(divisor)
    return (-remainder if dividend < 0 else remainder) & MASK


# (register, register) -> register, by (funct7, funct3).
REGISTER_RESULTS: dict[tuple[int, int], Callable[[int, int], int]] = {
    (0x00, 0): lambda p, q: (p + q) & MASK,
    (0x20, 0): lambda p, q: (p - q) & MASK,
    (0x00, 1): lambda p, q: (p << (q & 31)) & MASK,
    (0x00, 2): lambda p, q: int(p ^ SIGN < q ^ SIGN),
    (0x00, 3): lambda p, q: int(p < q),
    (0x00, 4): lambda p, q: p ^ q,
    (0x00, 5): lambda p, q: p >> (q & 31),
    (0x20, 5): lambda p, q: (signed(p) >> (q & 31)) & MASK,
    (0x00, 6): lambda p, q: p | q,
    (0x00, 7): lambda p, q: p & q,
    (0x01, 0): lambda p, q: (p * q) & MASK,
    (0x01, 1): lambda p, q: (signed(p) * signed(q) >> 32) & MASK,
    (0x01, 2): lambda p, q: (signed(p) * q >> 32) & MASK,
    (0x01, 3): lambda p, q: p * q >> 32,
    (0x01, 4): _divide,
    (0x01, 5): lambda p, q: p // q if q else MASK,
    (0x01, 6): _remainder,
    (0x01, 7): lambda p, q: p % q if q else p,
}
MULTIPLY_DIVIDE_FUNCT7 = 0x01
# Blackhole's: Zba's shifts with addition, and of Zbb what compilers write most. wolfpine asks its RV32I first,
# which takes minimum and maximum for shifts.
BIT_RESULTS: dict[tuple[int, int], Callable[[int, int], int]] = {
    (0x10, 2): lambda p, q: ((p << 1) + q) & MASK,
    (0x10, 4): lambda p, q: ((p << 2) + q) & MASK,
    (0x10, 6): lambda p, q: ((p << 3) + q) & MASK,
    (0x20, 7): lambda p, q: p & ~q & MASK,
    (0x04, 4): lambda p, q: p & 0xFFFF,  # zext.h; pack in RV32's other extensions, which the cores have not
    (0x05, 4): lambda p, q: p if signed(p) < signed(q) else q,
    (0x05, 5): min,
    (0x05, 6): lambda p, q: p if signed(p) > signed(q) else q,
    (0x05, 7): max,
}

BRANCHES = {0: _beq, 1: _bne, 4: _blt, 5: _bge, 6: _bltu, 7: _bgeu}
LOADS = {0: _lb, 1: _lh, 2: _lw, 4: _lbu, 5: _lhu}
STORES = {0: _sb, 1: _sh, 2: _sw}


def _fence(core, x, pc, d, a, b, i):
    """One core's memory is in order as it is; what a fence costs, and flushes, is the cost model's (has_own_cost)."""


def _addi(core, x, pc, d, a, b, i):
    x[d] = (x[a] + i) & MASK


def _sext_b(core, x, pc, d, a, b, i):
    x[d] = _sign_extend(x[a] & 0xFF, 8) & MASK


def _sext_h(core, x, pc, d, a, b, i):
    x[d] = _sign_extend(x[a] & 0xFFFF, 16) & MASK


def _add(core, x, pc, d, a, b, i):
    x[d] = (x[a] + x[b]) & MASK


def _with_immediate(result: Callable[[int, int], int], immediate: int) -> Callable:
    def run(core, x, pc, d, a, b, i):
        x[d] = result(x[a], immediate)

    return run


def _with_registers(result: Callable[[int, int], int]) -> Callable:
    def run(core, x, pc, d, a, b, i):
        x[d] = result(x[a], x[b])

    return run


REGISTER_OPERATIONS = {key: _with_registers(result) for key, result in (REGISTER_RESULTS | BIT_RESULTS).items()}
REGISTER_OPERATIONS[(0x00, 0)] = _add

SIGN_EXTENSIONS = {4: _sext_b, 5: _sext_h}  # of Zbb, by the field of rs2

LEFT_TO_WOLFPINE = Operation(None, 0, 0, 0, 0, True, False)


@cache
def decode(word: int) -> Operation:
    """The operation of a 32-bit instruction word; LEFT_TO_WOLFPINE where this file has none."""
    if word & 3 != 3:
        # .ttinsn: the Tensix instruction rotated left by two (TensixTile/BabyRISCV/PushTensixInstruction.md).
        return Operation(_push_tensix, DISCARD, 0, 0, (word >> 2 | word << 30) & MASK, False, False)
    rd = word >> 7 & 31 or DISCARD
    rs1, rs2, funct3, funct7 = word >> 15 & 31, word >> 20 & 31, word >> 12 & 7, word >> 25
    opcode = word & 0x7F
    if opcode == 0x37:
        return Operation(_lui, rd, 0, 0, word & 0xFFFFF000, False, True)
    if opcode == 0x17:
        return Operation(_auipc, rd, 0, 0, word & 0xFFFFF000, False, True)
    if opcode == 0x6F:
        return Operation(_jal, rd, 0, 0, _immediate_j(word), False, True)
    if opcode == 0x67:
        return Operation(_jalr, rd, rs1, 0, _immediate_i(word), False, True)
    if opcode == 0x63 and funct3 in BRANCHES:
        return Operation(BRANCHES[funct3], DISCARD, rs1, rs2, _immediate_b(word), False, False)
    if opcode == 0x03 and funct3 in LOADS:
        return Operation(LOADS[funct3], rd, rs1, 0, _immediate_i(word), True, True)
    if opcode == 0x23 and funct3 in STORES:
        return Operation(STORES[funct3], DISCARD, rs1, rs2, _immediate_s(word), True, False)
    if opcode == 0x0F and funct3 == 0:
        return Operation(_fence, DISCARD, 0, 0, 0, True, False)
    if opcode == 0x13:
        return _decode_immediate(word, rd, rs1, funct3, funct7)
    if opcode == 0x33 and (funct7, funct3) in REGISTER_OPERATIONS:
        own_cost = funct7 == MULTIPLY_DIVIDE_FUNCT7
        return Operation(REGISTER_OPERATIONS[funct7, funct3], rd, rs1, rs2, 0, own_cost, True)
    return LEFT_TO_WOLFPINE


def _decode_immediate(word: int, rd: int, rs1: int, funct3: int, funct7: int) -> Operation:
    if funct3 == 0:
        return Operation(_addi, rd, rs1, 0, _immediate_i(word), False, True)
    if funct3 in (1, 5):
        if (funct7, funct3) == (0x30, 1) and word >> 20 & 31 in SIGN_EXTENSIONS:
            return Operation(SIGN_EXTENSIONS[word >> 20 & 31], rd, rs1, 0, 0, False, True)
        if (funct7, funct3) not in ((0x00, 1), (0x00, 5), (0x20, 5)):
            return LEFT_TO_WOLFPINE
        result, immediate = REGISTER_RESULTS[funct7, funct3], word >> 20 & 31
    else:
        result, immediate = REGISTER_RESULTS[0x00, funct3], _immediate_i(word) & MASK
    return Operation(_with_immediate(result, immediate), rd, rs1, 0, 0, False, True)
