# SPDX-License-Identifier: Apache-2.0
"""Vector unit and packer at once give bit for bit what wolfpine gives lane by lane."""

from types import SimpleNamespace

import numpy as np
import pytest
from framework.pe.tensix.backends.backend_base import DataFormat
from framework.pe.tensix.backends.packer import PackerUnit
from framework.pe.tensix.backends.vector import VectorUnit, fma_model_wh
from framework.pe.tensix.registers import LReg
from launcher.fast_sim import packer, sfpu

LANES = 32
SPECIAL_PATTERNS = (
    0,
    0x80000000,
    1,
    0x80000001,
    0x3F800000,
    0xBF800000,
    0x007FFFFF,
    0x00800000,
    0x7F7FFFFF,
    0x34000000,
)


def patterns(rng, exponents):
    signs, mantissas = rng.integers(0, 2, LANES), rng.integers(0, 1 << 23, LANES)
    return (signs << 31 | rng.integers(*exponents, LANES) << 23 | mantissas).astype(np.int64)


def operands(rng, kind):
    """Three rows of fp32 patterns: any size, similar sizes, results near zero, near cancellation, special values."""
    if kind == "any":
        return [patterns(rng, (0, 254)) for _ in range(3)]
    if kind == "similar":
        return [patterns(rng, (120, 135)) for _ in range(3)]
    if kind == "tiny":
        return [patterns(rng, (55, 72)), patterns(rng, (55, 72)), patterns(rng, (0, 30))]
    if kind == "cancelling":
        x, y = (rng.standard_normal(LANES).astype(np.float32) for _ in range(2))
        near = (-(x.astype(np.float64) * y)).astype(np.float32).view(np.uint32) + rng.integers(-3, 4, LANES)
        return [x.view(np.uint32).astype(np.int64), y.view(np.uint32).astype(np.int64), near.astype(np.int64)]
    return [rng.choice(np.array(SPECIAL_PATTERNS), LANES).astype(np.int64) for _ in range(3)]


@pytest.mark.parametrize("kind", ["any", "similar", "tiny", "cancelling", "special"])
def test_multiply_add_equals_the_model_of_wormholes_unit(kind):
    rng = np.random.default_rng(2)
    compared = 0
    for _ in range(300):
        a, b, c = operands(rng, kind)
        found = sfpu.multiply_add(sfpu.Parts(a), sfpu.Parts(b), sfpu.Parts(c), c)
        if found is None:
            continue
        expected = [fma_model_wh(int(x), int(y), int(z)) for x, y, z in zip(a, b, c, strict=True)]
        assert found.tolist() == expected
        compared += 1
    assert compared > 50 or kind == "any"


def test_infinities_and_nans_are_left_to_the_model():
    one = sfpu.Parts(np.full(LANES, 0x3F800000, dtype=np.int64))
    for special in (0x7F800000, 0xFF800000, 0x7FC00000):
        bits = np.full(LANES, special, dtype=np.int64)
        assert sfpu.multiply_add(one, sfpu.Parts(bits), one, bits) is None


def test_register_shows_list_and_array_of_the_same_lanes():
    register = sfpu.FastLReg()
    register.assign(np.arange(LANES, dtype=np.int64))
    register[3] = 77
    assert register.bits()[3] == 77
    assert register[4] == 4
    register.setReadOnly(1.0)
    assert set(register.bits().tolist()) == {0x3F800000}


def lanes_after(handler, is_fast):
    """All eight registers after a handler ran on a unit with known lanes, by wolfpine alone or with the fast parts."""
    backend = SimpleNamespace(blackhole=False)
    unit = VectorUnit.__new__(VectorUnit)
    unit.backend, unit.laneConfig, unit.laneFlags = backend, [0] * LANES, [True] * LANES
    unit.useLaneFlagsForLaneEnable = [True] * LANES
    unit.getDiagnosticSettings = lambda: SimpleNamespace(reportSFPUCalculations=lambda: False)
    unit.lregs = [sfpu.FastLReg() if is_fast else LReg() for _ in range(17)]
    for index in range(8):
        for lane in range(LANES):
            unit.lregs[index][lane] = 1000 * index + lane
    handler(unit)
    return [[int(unit.lregs[index][lane]) for lane in range(LANES)] for index in range(8)]


def test_rotation_transposition_and_move_equal_wolfpines():
    rotation = {
        "instr_mod1": VectorUnit.SFPSHFT2_MOD1_SUBVEC_SHFLROR1,
        "lreg_dest": 2,
        "lreg_src_c": 5,
        "imm12_math": 0,
    }
    move = {"instr_mod1": 0, "lreg_dest": 1, "lreg_c": 6}
    cases = [
        (VectorUnit.handle_sfpshft2, sfpu._rotate, ({}, 0, rotation)),
        (VectorUnit._transpose4, sfpu._transpose, (4,)),
        (VectorUnit.handle_sfpmov, sfpu._move, ({}, 0, move)),
    ]
    for original, make_fast, arguments in cases:
        fast = make_fast(lambda *_: pytest.fail("left to wolfpine"))
        expected = lanes_after(lambda unit, o=original, a=arguments: o(unit, *a), is_fast=False)
        assert lanes_after(lambda unit, q=fast, a=arguments: q(unit, *a), is_fast=True) == expected


@pytest.mark.parametrize("formats", list(packer.CONVERSIONS), ids=str)
def test_packed_datums_equal_wolfpines(formats):
    in_format, reads_32_bits, out_format = formats
    rng = np.random.default_rng(3)
    raw = rng.integers(0, 1 << 32 if reads_32_bits else 1 << 16, 2000)
    raw[:4] = [0, 0x7F800000 & 0xFFFF, 0x80FF, 0xFFFF]
    unit = SimpleNamespace()
    unit.bf16ToOutFormat = lambda bits, out: PackerUnit.bf16ToOutFormat(unit, bits, out)
    expected = [
        int(
            PackerUnit.formatConversion(
                unit, 0, DataFormat(in_format), DataFormat(out_format), int(datum), reads_32_bits
            )
        )
        for datum in raw
    ]
    assert packer.CONVERSIONS[formats](raw).tolist() == expected
