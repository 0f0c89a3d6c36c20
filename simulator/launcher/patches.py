# SPDX-License-Identifier: Apache-2.0
"""Patches of wolfpine 2.2: one function for each known fault, with its reason and the evidence.

A patch replaces a method of the installed package at run time. Before that it checks that the method still holds the
faulty lines it was written for, so another wolfpine is refused with a clear error instead of being mended wrongly.
Faults that cannot be mended cheaply become loud: they raise, which ends the host with the message on its stderr.
Sources are pages of tenstorrent/tt-isa-documentation, folder WormholeB0.
"""

from __future__ import annotations

import inspect
from importlib import metadata

from . import chips

WOLFPINE_VERSION = "2.2"


class UnexpectedWolfpine(RuntimeError):
    """The installed wolfpine is not the one these patches were written for."""


class NotSimulated(RuntimeError):
    """A kernel uses something wolfpine ignores silently; going on would give wrong results."""


def check_version() -> None:
    found = metadata.version("wolfpine")
    if found != WOLFPINE_VERSION:
        raise UnexpectedWolfpine(
            f"the launcher's patches are for wolfpine {WOLFPINE_VERSION}, but {found} is installed; "
            f"pip install wolfpine=={WOLFPINE_VERSION}"
        )


def expect_source(function, *fragments: str) -> None:
    """Refuse to patch `function` unless its source contains every fragment."""
    source = inspect.getsource(function)
    for fragment in fragments:
        if fragment not in source:
            raise UnexpectedWolfpine(
                f"{function.__module__}.{function.__qualname__} does not contain `{fragment}` any more; "
                "look at this wolfpine again before mending it"
            )


def patch_unpacker_row_base() -> None:
    """UNPACR without SetDatValid moves its Src row only where Unpack_Src_Reg_Set_Upd asks for it.

    wolfpine adds 16 rows after every such UNPACR. TensixCoprocessor/UNPACR_Regular.md, "Update counters": the addition
    is conditional on THCON_SEC[n].Unpack_Src_Reg_Set_Upd, which LLK never sets on Wormhole.
    Evidence: ttnn's fast tilize (width >= 64) gave 12 wrong rows in 32; with the condition ttnn.tilize is exact.
    """
    from framework.pe.tensix.backends.unpacker import UnPackerUnit

    original = UnPackerUnit.flip_src_banks
    expect_source(original, "else:\n            self.srcRow[issue_thread] += 16 + srcRowBase")

    def flip_src_banks(self, flip_source, issue_thread, out_data_format=None):
        state = self.backend.getThreadConfigValue(issue_thread, "CFG_STATE_ID_StateID")
        moves_row = self.getConfigValue(state, f"THCON_SEC{self.unpacker_id}_REG2_Unpack_Src_Reg_Set_Upd")
        if flip_source or moves_row:
            original(self, flip_source, issue_thread, out_data_format)

    UnPackerUnit.flip_src_banks = flip_src_banks


def refuse_packer_features() -> None:
    """The packer ignores L1 accumulation and ReLU: raise when a PACR runs with either configured.

    TensixCoprocessor/Packers/README.md (Pack_L1_Acc adds to L1 instead of overwriting) and Packers/ReLU.md
    (STACC_RELU_ApplyRelu & 3). Evidence: neither field is read anywhere in wolfpine's packer.
    """
    from framework.pe.tensix.backends.packer import PackerUnit

    original = PackerUnit.handle_pacr
    if "Pack_L1_Acc" in inspect.getsource(PackerUnit) or "STACC_RELU" in inspect.getsource(PackerUnit):
        raise UnexpectedWolfpine("wolfpine's packer now knows L1 accumulation or ReLU; drop refuse_packer_features")

    def handle_pacr(self, instruction_info, issue_thread, arguments):
        state = self.backend.getThreadConfigValue(issue_thread, "CFG_STATE_ID_StateID")
        if self.getConfigValue(state, "STACC_RELU_ApplyRelu") & 3:
            raise NotSimulated("PACR with ReLU (STACC_RELU_ApplyRelu): wolfpine 2.2 would ignore it silently")
        for packer in self.participating_packers(arguments["PackSel"]):
            if self.getConfigValue(state, self.getIPackerConfig(packer, 4, 1, 8) + "Pack_L1_Acc"):
                raise NotSimulated(
                    f"PACR with L1 accumulation (Pack_L1_Acc of packer {packer}): wolfpine 2.2 would overwrite"
                )
        original(self, instruction_info, issue_thread, arguments)

    PackerUnit.handle_pacr = handle_pacr


def patch_multicast_source() -> None:
    """A multicast reaches its own sender only with NOC_CMD_BRCST_SRC_INCLUDE.

    NoC/MemoryMap.md, NOC_CTRL bit 17: without it the initiator is left out of the rectangle, and out of the
    acknowledgements. wolfpine never reads the bit and always delivers to the sender. Nor does it know of
    the columns and rows that firmware leaves out of broadcasts (chips.py), whose acknowledgements never come.
    """
    from framework.network import tt_noc

    initiator_class = _initiator_class(tt_noc)
    original = initiator_class.handle_multicast_write_transfer
    expect_source(original, "destinations = rectangle_destinations(x_start, y_start, x_end, y_end)")
    source_include_bit = 1 << 17
    all_destinations = tt_noc.rectangle_destinations
    left_out: list = []
    chip = chips.simulated()

    def has_worker(cell) -> bool:
        return cell[0] not in chip.columns_without_workers and cell[1] not in chip.rows_without_workers

    def rectangle_destinations(*corners):
        found = [cell for cell in all_destinations(*corners) if has_worker(cell)]
        if not left_out:
            return found
        sender = left_out[0]
        return [cell for cell in found if tt_noc.resolved_nui(sender.resolve_destination(cell)) is not sender]

    def handle_multicast_write_transfer(self, *options):
        if not self.ctrl & source_include_bit:
            left_out.append(self.nui)
        try:
            original(self, *options)
        finally:
            left_out.clear()

    tt_noc.rectangle_destinations = rectangle_destinations
    initiator_class.handle_multicast_write_transfer = handle_multicast_write_transfer


def patch_routes_of_noc_1() -> None:
    """Unicasts on NoC 1 travel up first and then to the left; wolfpine has them turn as NoC 0's do, x before y.

    NoC/RoutingPaths.md, "NoC #1", "Unicast routes", the same of Wormhole and of Blackhole. The hops are as many; the
    links are others: with x first all that is written to the DRAM banks of a column shares the links of that column.
    Evidence: the links of a route (test_patches.py); ttnn.clone of 1024 x 1024, which writes to all banks from everywhere,
    took 31,440 cycles with x first and takes 17,017. Multicasts stay: their major axis is x, on either NoC.
    """
    from framework.network import tt_noc

    initiator_class = _initiator_class(tt_noc)
    nui = tt_noc.NUI
    original, multicast = nui.route_links_to, initiator_class.handle_multicast_write_transfer
    expect_source(original, "return noc_route_links(", "self.noc_grid_x,")
    expect_source(tt_noc.noc_route_links, 'links.append(("X", y, x))', 'links.append(("Y", x, y))')
    axis_of = {"X": "Y", "Y": "X"}
    multicasting: list = []

    def route_links_to(self, destination, *, sent_from=None):
        x_first = original(self, destination, sent_from=sent_from)
        if self.noc_number != 1 or multicasting or not x_first:
            return x_first
        x, y = (self.x_coord, self.y_coord) if sent_from is None else sent_from
        to_x, to_y = tt_noc._endpoint_noc_coord(destination)
        links = tt_noc.noc_route_links((y, x), (to_y, to_x), self.noc_grid_y, self.noc_grid_x)
        return tuple((axis_of[axis], line, place) for axis, line, place in links)

    def handle_multicast_write_transfer(self, *options):
        multicasting.append(self)
        try:
            multicast(self, *options)
        finally:
            multicasting.pop()

    nui.route_links_to = route_links_to
    initiator_class.handle_multicast_write_transfer = handle_multicast_write_transfer


def _initiator_class(tt_noc):
    """Of a NoC interface's request initiators."""
    return next(
        value
        for value in vars(tt_noc.NUI).values()
        if inspect.isclass(value) and hasattr(value, "handle_multicast_write_transfer")
    )


def refuse_reads_of_nowhere() -> None:
    """A NoC read or atomic to a coordinate without a tile raises; wolfpine answers it with zeros.

    A wrong coordinate in a kernel is a wrong answer or a hang on a chip. Writes stay accepted: multicast rectangles
    rightly cover cells without a worker.
    """
    from framework.network.tt_noc import NUI, NullEndpoint

    original = NullEndpoint.transmit
    expect_source(original, "bytes(request.data_length_bytes),")
    action = NUI.NoCDataRequest.DataRequestAction
    refused = {action.READ: "read", action.ATOMIC: "atomic"}

    def transmit(self, request, delay=None, **timing):
        if request.action in refused:
            raise NotSimulated(
                f"NoC {refused[request.action]} of {request.data_length_bytes} bytes from NoC coordinate {self.coord}, "
                f"address {request.tgt_address:#x}, issued by the tile at {request.source_coord}: "
                "there is no simulated tile at that coordinate"
            )
        original(self, request, delay, **timing)

    NullEndpoint.transmit = transmit


def patch_division() -> None:
    """Division by zero and of negative numbers as RISC-V defines them.

    The RISC-V Instruction Set Manual, chapter M: x / 0 is -1, x % 0 is x, a remainder has the dividend's sign. wolfpine
    raises ZeroDivisionError (ttnn.add's reader computes x % 0 and throws the result away) and takes the divisor's sign.
    """
    from framework.pe.rv.isa.m_isa import RV_M_ISA

    from .fast_sim.rv_operations import MULTIPLY_DIVIDE_FUNCT7, REGISTER_RESULTS

    original = RV_M_ISA.run
    expect_source(original, "result = rs1_val % rs2_val", "result = int(rs1_val / rs2_val)")

    def run(register_file, memory_space, snoop, word=None):
        if word is None or word & 0x7F != 0x33 or word >> 25 != MULTIPLY_DIVIDE_FUNCT7 or not word & 0x4000:
            return original(register_file, memory_space, snoop, word)
        result = REGISTER_RESULTS[MULTIPLY_DIVIDE_FUNCT7, word >> 12 & 7]
        dividend, divisor = register_file[word >> 15 & 31].read_uint(), register_file[word >> 20 & 31].read_uint()
        register_file[word >> 7 & 31].write(result(dividend, divisor).to_bytes(4, "little"))
        return True

    RV_M_ISA.run = staticmethod(run)


def patch_setadczw() -> None:
    """SETADCZW sets the W counters too.

    WormholeB0/TensixTile/TensixCoprocessor/SETADCZW.md: mask bits 1 and 3 set W and W_Cr of channel 0 and 1. wolfpine
    writes the W value into Z, and Z's into W_Cr. Evidence: ttnn's fast tilize of three tiles at a time (width 96, 384)
    gave rows 0 to 15 again in place of rows 16 to 31.
    """
    from framework.pe.tensix.backends.misc import MiscellaneousUnit

    expect_source(MiscellaneousUnit.handle_setadczw, "adc_channel.Channel[0].Z = Y0Val", "Channel[0].W_Cr = X0Val")

    def handle_setadczw(self, instruction_info, issue_thread, arguments):
        override = arguments["Ch1_Y"] >> 3 & 3
        controller = self.backend.getADC(override - 1 if override else issue_thread)
        targets = (controller.Unpacker[0], controller.Unpacker[1], controller.Packers)
        values = (arguments["Ch0_X"], arguments["Ch0_Y"], arguments["Ch1_X"], arguments["Ch1_Y"] & 7)
        for index, target in enumerate(targets):
            if not arguments["CntSetMask"] >> index & 1:
                continue
            for bit, value in enumerate(values):
                if arguments["BitMask"] >> bit & 1:
                    counters = target.Channel[bit >> 1]
                    if bit & 1:
                        counters.W = counters.W_Cr = value
                    else:
                        counters.Z = counters.Z_Cr = value

    MiscellaneousUnit.handle_setadczw = handle_setadczw


PATCHES = (
    patch_unpacker_row_base,
    patch_division,
    refuse_packer_features,
    patch_multicast_source,
    patch_routes_of_noc_1,
    refuse_reads_of_nowhere,
    patch_setadczw,
)


def apply_all() -> None:
    """Check the version and apply every patch, once, before the device is built."""
    check_version()
    for patch in PATCHES:
        patch()
