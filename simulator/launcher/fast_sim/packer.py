# SPDX-License-Identifier: Apache-2.0
"""A PACR's datums converted and stored at once, bit for bit as wolfpine's packer does one by one.

Covers Wormhole's packers reading DEST in the formats of bf16 and fp32 programs. The addresses, counters and edge masks
are wolfpine's own; only its loop over datums is replaced (TensixCoprocessor/PACR.md, Packers/FormatConversion.md).
Anything else goes to wolfpine's own handler.
"""

from __future__ import annotations

import numpy as np
from framework.pe.tensix.backends.backend_base import DataFormat
from framework.pe.tensix.backends.packer import PackerUnit
from framework.pe.tensix.util import DataFormatConversions
from framework.util.bits import get_nth_bit

COLUMNS = 16
INFINITY_BITS = 0x7F800000
SIGN_BIT = 0x80000000


def _fp32_of_dst(raw: np.ndarray) -> np.ndarray:
    return DataFormatConversions.FP32InDstToFP32(raw)


def _rounded_bf16_of_dst32(raw: np.ndarray) -> np.ndarray:
    """NaN to infinity, rounded to the nearest, halves away from zero, denormal results to +0."""
    bits = _fp32_of_dst(raw)
    bits = np.where(bits & 0x7FFFFFFF > INFINITY_BITS, bits & SIGN_BIT | INFINITY_BITS, bits)
    bits = bits + 0x8000 >> 16
    return np.where(bits & 0x7FFF < 0x80, 0, bits)


def _bf16_of_dst16(raw: np.ndarray) -> np.ndarray:
    return DataFormatConversions.BF16InDstToBF16(raw)


# (format in DEST, read as 32 bits, format in L1) -> conversion of an int64 array.
CONVERSIONS = {
    (DataFormat.FP32, True, DataFormat.FP32): _fp32_of_dst,
    (DataFormat.FP32, True, DataFormat.BF16): lambda raw: DataFormatConversions.FP32ToBF16(_fp32_of_dst(raw)),
    (DataFormat.BF16, True, DataFormat.BF16): _rounded_bf16_of_dst32,
    (DataFormat.BF16, True, DataFormat.FP32): lambda raw: _rounded_bf16_of_dst32(raw) << 16,
    (DataFormat.BF16, False, DataFormat.BF16): _bf16_of_dst16,
    (DataFormat.BF16, False, DataFormat.FP32): lambda raw: _bf16_of_dst16(raw) << 16,
}
STORED_TYPES = {2: np.dtype("<u2"), 4: np.dtype("<u4")}


def _conversion(packer):
    return CONVERSIONS.get((packer.inDataFormat, packer.readDst32b, packer.outDataFormat))


def _pack(unit, packer, state: int, index: int) -> None:
    """Read, mask, convert and store all datums of one packer, and move its counters on."""
    count = packer.inputNumDatums
    masks, rows_per_plane = unit.edge_masks_for_pacr(state, index)
    datum = packer.inputSourceAddr + np.arange(count)
    rows, columns = datum >> 4, datum & 0xF
    first_row = int(rows[0])
    dst = unit.backend.getDst()
    read_rows = dst.getDst32bRows if packer.readDst32b else dst.getDst16bRows
    block = read_rows(np.arange(first_row, int(rows[-1]) + 1))
    values = _conversion(packer)(block[rows - first_row, columns])
    steps = packer.tpgX + np.arange(count)
    mask_of_datum = np.array(masks)[(packer.tpgY + steps // COLUMNS) % rows_per_plane & 0xF]
    values = np.where(mask_of_datum >> columns & 1, values, 0)
    unit.backend.addressable_memory.write(packer.byteAddress, values.astype(STORED_TYPES[packer.outBytes]).tobytes())
    packer.byteAddress += count * packer.outBytes
    packer.tpgY = (packer.tpgY + (packer.tpgX + count) // COLUMNS) % rows_per_plane
    packer.tpgX = (packer.tpgX + count) % COLUMNS


def _reads_dest(packer) -> bool:
    return packer.inputSource == PackerUnit.InputSource.DST and packer.inputNumDatums > 0


def _handle_pacr(original):
    def handle_pacr(self, instruction_info, issue_thread, arguments):
        if self.backend.blackhole or not _is_plain(self, issue_thread, arguments):
            original(self, instruction_info, issue_thread, arguments)
            return
        selected, last, mode = arguments["PackSel"], arguments["Last"], arguments["AddrMode"]
        state = self.backend.getThreadConfigValue(issue_thread, "CFG_STATE_ID_StateID")
        thread_override = arguments["OvrdThreadId"]
        self.generate_input_address(state, issue_thread, 0, 0, mode, selected, thread_override)
        self.generate_output_address(state, issue_thread, selected, 0, last, mode, thread_override)
        for index in self.participating_packers(selected):
            packer = self.packerI[index]
            if _reads_dest(packer):
                _pack(self, packer, state, index)

    return handle_pacr


def _is_plain(unit, issue_thread: int, arguments) -> bool:
    """DEST is the source, nothing is flushed or zeroed, and every packer's formats are known here."""
    if get_nth_bit(arguments["Flush"], 0) or get_nth_bit(arguments["ZeroWrite"], 0):
        return False
    state = unit.backend.getThreadConfigValue(issue_thread, "CFG_STATE_ID_StateID")
    is_32_bits = bool(unit.getConfigValue(state, "PCK_DEST_RD_CTRL_Read_32b_data"))
    for index in unit.participating_packers(arguments["PackSel"]):
        section = unit.getIPackerConfig(index, 4, 1, 8)
        formats = [unit.getConfigValue(state, section + name) for name in ("In_data_format", "Out_data_format")]
        if (DataFormat(formats[0]), is_32_bits, DataFormat(formats[1])) not in CONVERSIONS:
            return False
        if unit.getConfigValue(state, section + "Source_interface_selection") == 1:
            return False
    return True


def install() -> None:
    PackerUnit.handle_pacr = _handle_pacr(PackerUnit.handle_pacr)
