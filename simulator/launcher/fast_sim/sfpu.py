# SPDX-License-Identifier: Apache-2.0
"""The vector unit's commonest instructions on all 32 lanes at once, bit for bit as wolfpine computes each lane.

Covered, without modifiers: SFPLOAD and SFPSTORE of fp32, int32 and bf16, SFPMAD, SFPADD, SFPMUL, SFPADDI, SFPMULI,
SFPMOV; also SFPTRANSP and SFPSHFT2's rotation. The lanes must be configured as after reset and all enabled; anything
else goes to wolfpine's handler. The multiply-add keeps the rounding of wolfpine's model of Wormhole's unit
(TensixCoprocessor/SFPMAD.md; its partial fusion makes it differ from an IEEE fma); infinities, NaNs and overflowing
products are left to that model.
"""

from __future__ import annotations

import numpy as np
from framework.pe.tensix.backends import vector
from framework.pe.tensix.registers import LReg
from framework.pe.tensix.util import DataFormatConversions

VectorUnit = vector.VectorUnit
LANES = 32
ONE_BITS = 0x3F800000
MODES_32_BITS = (VectorUnit.MOD0_FMT_FP32, VectorUnit.MOD0_FMT_INT32)
MODE_BF16 = VectorUnit.MOD0_FMT_BF16
# LRegs 0 to 7 and 16 can be written by arithmetic; 16 only by macros, so it is left to wolfpine.
FIRST_CONSTANT_LREG = 8
# Lanes lie in 4 rows of 8: row = lane / 8, column = 2 * (lane % 8), plus 1 for odd columns.
ROWS, COLUMNS = 4, 8


class Parts:
    """Sign, exponent and mantissa of 32 fp32 patterns, denormals flushed; computed once per value."""

    __slots__ = ("exponent", "has_special", "mantissa", "sign")

    def __init__(self, bits: np.ndarray):
        self.sign = bits & 0x80000000
        self.exponent = bits >> 23 & 0xFF
        self.mantissa = ((bits & 0x7FFFFF) | 0x800000) * (self.exponent != 0)
        self.has_special = bool((self.exponent == 0xFF).any())


class FastLReg(LReg):
    """An LReg that holds its lanes as a list, as wolfpine's handlers use them, or as an array, whichever came last."""

    def __init__(self, blackhole: bool = False):
        self._list: list[int] | None = None
        self._array: np.ndarray | None = None
        self._parts: Parts | None = None
        super().__init__(blackhole)

    @property
    def data(self) -> list[int]:
        """The lanes as a list that may be changed in place."""
        if self._list is None:
            self._list = self._array.tolist()
        self._array = self._parts = None
        return self._list

    @data.setter
    def data(self, values: list[int]) -> None:
        self._list, self._array, self._parts = values, None, None

    def __getitem__(self, lane: int) -> int:
        if self.hard_wired_value is not None:
            return self.hard_wired_value
        if self._list is None:
            self._list = self._array.tolist()
        return self._list[lane]

    def setHardwiredValue(self, value) -> None:
        super().setHardwiredValue(value)
        self._array = self._parts = None

    def bits(self) -> np.ndarray:
        """The 32 patterns, int64; not to be changed."""
        if self._array is None:
            constant = self.hard_wired_value
            self._array = np.array(self._list if constant is None else [constant] * LANES, dtype=np.int64)
        return self._array

    def parts(self) -> Parts:
        if self._parts is None:
            self._parts = Parts(self.bits())
        return self._parts

    def assign(self, bits: np.ndarray) -> None:
        self._array, self._list, self._parts = bits, None, None


def multiply_add(a: Parts, b: Parts, c: Parts, c_bits: np.ndarray) -> np.ndarray | None:
    """a * b + c in wolfpine's model of Wormhole's unit; None where a lane needs the model's special cases."""
    if a.has_special or b.has_special or c.has_special:
        return None
    product_exponent = a.exponent + b.exponent - 127
    if (product_exponent >= 255).any():
        return None
    product = a.mantissa * b.mantissa << 3
    product = product >> 23 | ((product & 0x7FFFFF) != 0)
    addend = c.mantissa << 3
    exponent = np.maximum(product_exponent, c.exponent)
    result = _sum(_semi_sticky(product, exponent - product_exponent), _semi_sticky(addend, exponent - c.exponent),
                  a.sign ^ b.sign, c.sign, exponent)  # fmt: skip
    only_addend = (product == 0) | (product_exponent < 0)
    if only_addend.any():
        result = np.where(only_addend, c_bits * (c.mantissa != 0), result)
    return result


def _semi_sticky(value: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Shift right; a lost bit shows in the lowest bit unless nothing is left."""
    shift = np.minimum(shift, 62)
    shifted = value >> shift
    return shifted | ((shifted << shift != value) & (shifted != 0))


def _sum(product, addend, product_sign, addend_sign, exponent) -> np.ndarray:
    """Add two aligned mantissas with three extra bits, normalise, round to nearest even, flush denormals."""
    total = np.where(product_sign == addend_sign, product + addend, np.abs(product - addend))
    sign = np.where(product >= addend, product_sign, addend_sign)
    excess = np.frexp(total.astype(np.float64))[1] - 27
    exponent = exponent + excess
    right = np.maximum(excess, 0)
    mantissa = np.where(excess > 0, total >> right | (total & 1), total << np.maximum(-excess, 0))
    bits = (exponent << 23) + (mantissa >> 3 & 0x7FFFFF)
    bits += (mantissa & 7) + (bits & 1) > 4
    bits = np.where(exponent >= 255, 0x7F800000, bits) | sign
    is_zero = (total == 0) | (exponent < 0) | (bits & 0x7F800000 == 0)
    return np.where(is_zero, 0, bits)


def _lanes_are_plain(unit) -> bool:
    """Every lane enabled and configured as after reset."""
    return not any(unit.laneConfig) and (all(unit.laneFlags) or not any(unit.useLaneFlagsForLaneEnable))


def _columns(address: int) -> slice:
    return slice(1 if address & 2 else 0, None, 2)


def _perform_mad(original):
    def perform_mad(self, va, vb, vc, vd, mod1):
        if mod1 == 0 and vd < FIRST_CONSTANT_LREG and _lanes_are_plain(self):
            lregs = self.lregs
            addend = lregs[vc]
            result = multiply_add(lregs[va].parts(), lregs[vb].parts(), addend.parts(), addend.bits())
            if result is not None:
                lregs[vd].assign(result)
                return
        original(self, va, vb, vc, vd, mod1)

    return perform_mad


def _with_immediate(original, is_product: bool):
    def handle(self, instruction_info, issue_thread, arguments):
        vd, mod1 = arguments["lreg_dest"], arguments["instr_mod1"]
        if mod1 == 0 and vd < FIRST_CONSTANT_LREG and _lanes_are_plain(self):
            register = self.lregs[vd]
            immediate = Parts(np.full(LANES, arguments["imm16_math"] << 16, dtype=np.int64))
            if is_product:
                zero = self.lregs[9]
                result = multiply_add(immediate, register.parts(), zero.parts(), zero.bits())
            else:
                result = multiply_add(immediate, self.lregs[10].parts(), register.parts(), register.bits())
            if result is not None:
                register.assign(result)
                return
        original(self, instruction_info, issue_thread, arguments)

    return handle


def _load(original):
    def handle_sfpload(self, instruction_info, issue_thread, arguments):
        vd = arguments["lreg_ind"]
        address, mode = self.get_dst_address(issue_thread, arguments["instr_mod0"], self._read_dest_reg_addr(arguments))
        if vd >= FIRST_CONSTANT_LREG or not (mode in MODES_32_BITS or mode == MODE_BF16) or not _lanes_are_plain(self):
            original(self, instruction_info, issue_thread, arguments)
            return
        dst, rows = self.getDst(), np.arange(address & ~3, (address & ~3) + ROWS)
        if mode == MODE_BF16:
            bits = DataFormatConversions.BF16InDstToBF16(dst.getDst16bRows(rows)[:, _columns(address)]) << 16
        else:
            bits = DataFormatConversions.FP32InDstToFP32(dst.getDst32bRows(rows)[:, _columns(address)])
        self.lregs[vd].assign(bits.reshape(LANES))
        mode = self._read_sfpu_addr_mode(instruction_info, arguments)
        self.backend.getRWC(issue_thread).applyPartialAddrMod(issue_thread, mode)

    return handle_sfpload


def _store(original):
    def handle_sfpstore(self, instruction_info, issue_thread, arguments):
        vd = arguments["lreg_ind"]
        address, mode = self.get_dst_address(issue_thread, arguments["instr_mod0"], self._read_dest_reg_addr(arguments))
        if vd >= 12 or not (mode in MODES_32_BITS or mode == MODE_BF16) or not _lanes_are_plain(self):
            original(self, instruction_info, issue_thread, arguments)
            return
        dst, first_row, columns = self.getDst(), address & ~3, _columns(address)
        bits = self.lregs[vd].bits().reshape(ROWS, COLUMNS)
        if mode == MODE_BF16:
            row = dst.adj16(first_row)
            values = DataFormatConversions.BF16ToDstFormatBF16(DataFormatConversions.FP32ToBF16(bits))
            dst.dstBits[row : row + ROWS, columns] = values
        else:
            # Rows 4n to 4n + 3 stay neighbours in the 32-bit row map (adj32 keeps the low three bits).
            row = dst.adj32(first_row)
            values = DataFormatConversions.FP32ToDstFormatFP32(bits)
            dst.dstBits[row : row + ROWS, columns] = values >> 16
            dst.dstBits[row + 8 : row + 8 + ROWS, columns] = values & 0xFFFF
        dst.dstRowValid[row : row + ROWS] = True
        mode = self._read_sfpu_addr_mode(instruction_info, arguments)
        self.backend.getRWC(issue_thread).applyPartialAddrMod(issue_thread, mode)

    return handle_sfpstore


def _rotate(original):
    def handle_sfpshft2(self, instruction_info, issue_thread, arguments):
        vd = arguments["lreg_dest"]
        is_rotation = arguments["instr_mod1"] == VectorUnit.SFPSHFT2_MOD1_SUBVEC_SHFLROR1
        if is_rotation and vd < FIRST_CONSTANT_LREG and _lanes_are_plain(self):
            lanes = self.lregs[arguments["lreg_src_c"]].bits().reshape(ROWS, COLUMNS)
            self.lregs[vd].assign(np.roll(lanes, 1, axis=1).reshape(LANES))
        else:
            original(self, instruction_info, issue_thread, arguments)

    return handle_sfpshft2


def _transpose(original):
    def transpose4(self, base):
        """Register i, row j and register j, row i change places, column by column."""
        if not _lanes_are_plain(self):
            original(self, base)
            return
        registers = self.lregs[base : base + ROWS]
        lanes = np.array([register.bits() for register in registers]).reshape(ROWS, ROWS, COLUMNS)
        for register, rows in zip(registers, lanes.transpose(1, 0, 2).reshape(ROWS, LANES), strict=True):
            register.assign(rows)

    return transpose4


def _move(original):
    def handle_sfpmov(self, instruction_info, issue_thread, arguments):
        vd = arguments["lreg_dest"]
        if arguments["instr_mod1"] == 0 and vd < FIRST_CONSTANT_LREG and _lanes_are_plain(self):
            self.lregs[vd].assign(self.lregs[arguments["lreg_c"]].bits())
        else:
            original(self, instruction_info, issue_thread, arguments)

    return handle_sfpmov


def install() -> None:
    vector.LReg = FastLReg
    VectorUnit.handle_sfpshft2 = _rotate(VectorUnit.handle_sfpshft2)
    VectorUnit._transpose4 = _transpose(VectorUnit._transpose4)
    VectorUnit.handle_sfpmov = _move(VectorUnit.handle_sfpmov)
    VectorUnit.perform_mad = _perform_mad(VectorUnit.perform_mad)
    VectorUnit.handle_addi = _with_immediate(VectorUnit.handle_addi, is_product=False)
    VectorUnit.handle_muli = _with_immediate(VectorUnit.handle_muli, is_product=True)
    VectorUnit.handle_sfpload = _load(VectorUnit.handle_sfpload)
    VectorUnit.handle_sfpstore = _store(VectorUnit.handle_sfpstore)
