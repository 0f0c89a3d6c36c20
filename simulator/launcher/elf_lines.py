# SPDX-License-Identifier: Apache-2.0
"""From the program counter of a stuck core to the kernel's source lines.

tt-metal compiles each kernel to <TT_METAL_CACHE>/**/kernels/<name>/<hash>/<core>/<core>.elf, and copies its text to an
address of its choice: BRISC and TRISC kernels are linked position-independently enough to be moved anywhere in L1
(<core>.elf.xip.elf is the moved form's image). So which ELF a core runs, and how far it was moved, is found by content:
the ELF whose text contains the instructions around the program counter, the longest match of all, and the newest file
when several are equal. The line table and the inlined calls (DWARF) then give the call chain, innermost first; read here,
since binutils' addr2line 2.40 names the firmware's file for lines of a kernel's own kernel_main.
"""

from __future__ import annotations

import io
import os
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from elftools.dwarf.descriptions import describe_form_class
from elftools.elf.elffile import ELFFile

# Instructions beside the program counter that must match; then the match is extended as far as it goes.
SEED_BYTES = 24
ELF32_HEADER_BYTES, PT_LOAD, PF_X = 52, 1, 1
START_BYTES = 4096  # of a kernel's code, by which its ELF is known before it runs
# Frames of the firmware that calls a kernel and of tt-metal's headers; a kernel's own file is none of these.
LIBRARY_MARK = "/tt_metal/"
FIRMWARE_FILES = ("brisck.cc", "ncrisck.cc", "trisck.cc")


@dataclass(frozen=True)
class Frame:
    """One source line; `function` is the inlined function it lies in, or the kernel's own."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line} ({self.function})"

    @property
    def is_kernel_source(self) -> bool:
        return LIBRARY_MARK not in self.file and Path(self.file).name not in FIRMWARE_FILES


@dataclass(frozen=True)
class Place:
    """Where in an ELF a core executes."""

    elf: Path
    address: int

    @property
    def kernel(self) -> str | None:
        """The kernel's name, or None for firmware; a folder of the cache's own path may be called kernels as well."""
        parts = self.elf.parts
        return parts[-4] if parts[-5:-4] == ("kernels",) else None


@cache
def text_of(elf: Path) -> tuple[int, bytes]:
    """(address, bytes) of the executable segment; empty where the file cannot be read.

    Read by hand (System V ABI, "ELF Header", "Program Header"): of a cache's thousands of files a report wants these bytes
    only, and pyelftools takes 5 ms to open one.
    """
    try:
        with elf.open("rb") as stream:
            header = stream.read(ELF32_HEADER_BYTES)
            (table,) = struct.unpack_from("<I", header, 28)
            entry_bytes, entries = struct.unpack_from("<2H", header, 42)
            for index in range(entries):
                stream.seek(table + index * entry_bytes)
                kind, offset, address, _, size, _, flags, _ = struct.unpack("<8I", stream.read(32))
                if kind == PT_LOAD and flags & PF_X:
                    stream.seek(offset)
                    return address, stream.read(size)
    except (OSError, struct.error):
        pass
    return 0, b""


@cache
def candidates(core_name: str) -> list[Path]:
    """All ELFs in the cache for this kind of core ("brisc", "trisc0" ...), newest first."""
    return sorted(_elfs_by_core().get(core_name, []), key=lambda path: path.stat().st_mtime, reverse=True)


@cache
def _elfs_by_core() -> dict[str, list[Path]]:
    """One walk for all kinds: the folders of a cache are thousands."""
    found: dict[str, list[Path]] = {}
    for folder, _, names in os.walk(os.environ.get("TT_METAL_CACHE") or Path.home() / ".cache"):
        for name in names:
            core_name, _, rest = name.partition(".")
            if rest in ("elf", "elf.xip.elf"):
                found.setdefault(core_name, []).append(Path(folder, name))
    return found


def look_again() -> None:
    """Forget which ELFs there are."""
    candidates.cache_clear()
    _elfs_by_core.cache_clear()


def common_prefix(a: bytes, b: bytes) -> int:
    """How many bytes a and b begin alike with; by bisection, since a loop over bytes would take most of a report's time."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def match_length(text: bytes, at: int, memory: bytes, pc_offset: int) -> int:
    """How many bytes around text[at] equal memory around memory[pc_offset]."""
    ahead = common_prefix(text[at:], memory[pc_offset:])
    behind = common_prefix(text[:at][::-1], memory[:pc_offset][::-1])
    return ahead + behind


def locate(core_name: str, memory: bytes, pc_offset: int) -> Place | None:
    """The ELF and the address in it that correspond to memory[pc_offset], where the core's program counter points."""
    # Around it, or, where its code ends or begins, before it or from it on.
    found = (_locate_by(core_name, memory, pc_offset, behind) for behind in (SEED_BYTES // 2, SEED_BYTES - 4, 0))
    return next((place for place in found if place), None)


def _locate_by(core_name: str, memory: bytes, pc_offset: int, behind: int) -> Place | None:
    seed_start = max(0, pc_offset - behind & ~3)
    seed = memory[seed_start : seed_start + SEED_BYTES]
    best, best_length = None, 0
    for elf in candidates(core_name):
        base, text = text_of(elf)
        at = text.find(seed)
        while at >= 0:
            here = at + pc_offset - seed_start
            length = match_length(text, here, memory, pc_offset)
            if length > best_length:
                best, best_length = Place(elf, base + here), length
            if length == len(text):  # no ELF can match better, and newer ones have been looked at
                return best
            at = text.find(seed, at + 1)
    return best


def locate_start(core_name: str, l1: np.ndarray, text_address: int) -> Place | None:
    """The ELF of the kernel whose code starts at an address of a core's L1 memory, and the start of its code in it."""
    look_again()  # the ELF may be new
    return _locate_start(core_name, l1[text_address : text_address + START_BYTES].tobytes())


@cache
def _locate_start(core_name: str, code: bytes) -> Place | None:
    return locate(core_name, code, 0)


@cache
def _dwarf_of(elf: Path):
    """Debug information, kept: what has been decoded of it for one address serves the next."""
    # The linker keeps relocations in these files; the sections hold the final values already.
    return ELFFile(io.BytesIO(elf.read_bytes())).get_dwarf_info(relocate_dwarf_sections=False)


@cache
def call_chain(place: Place) -> tuple[Frame, ...]:
    """Source lines of the address: where it is, and where each inlined function was called, outwards."""
    dwarf = _dwarf_of(place.elf)
    for unit in dwarf.iter_CUs():
        scopes = _scopes_at(dwarf, unit.get_top_DIE(), place.address)
        if scopes:
            return tuple(_frames(dwarf, unit, scopes, place.address))
    return ()


@cache
def symbol_address(elf: Path, name: str) -> int | None:
    with elf.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        entries, strings = (table.data(), table.stringtable.data()) if table else (b"", b"")
    # Elf32_Sym; pyelftools' own search makes objects of all symbols first, a tenth of a second a file.
    text = name.encode() + b"\0"
    return next(
        (value for at, value, *_ in struct.iter_unpack("<3I2BH", entries) if strings.startswith(text, at)), None
    )


def _scopes_at(dwarf, die, address: int) -> list:
    """The subprogram and the inlined subroutines that contain the address, outermost first."""
    scopes = []
    for child in die.iter_children():
        if child.tag in ("DW_TAG_subprogram", "DW_TAG_inlined_subroutine", "DW_TAG_lexical_block"):
            if _contains(dwarf, child, address):
                if child.tag != "DW_TAG_lexical_block":
                    scopes.append(child)
                return scopes + _scopes_at(dwarf, child, address)
        elif child.tag == "DW_TAG_namespace":
            inner = _scopes_at(dwarf, child, address)
            if inner:
                return inner
    return scopes


def _contains(dwarf, die, address: int) -> bool:
    low, high = die.attributes.get("DW_AT_low_pc"), die.attributes.get("DW_AT_high_pc")
    if low and high:
        end = high.value if describe_form_class(high.form) == "address" else low.value + high.value
        return low.value <= address < end
    if "DW_AT_ranges" not in die.attributes:
        return False
    base = die.cu.get_top_DIE().attributes.get("DW_AT_low_pc")
    offset = base.value if base else 0
    for entry in dwarf.range_lists().get_range_list_at_offset(die.attributes["DW_AT_ranges"].value, die.cu):
        if hasattr(entry, "base_address"):
            offset = entry.base_address
        else:
            start = 0 if getattr(entry, "is_absolute", False) else offset
            if start + entry.begin_offset <= address < start + entry.end_offset:
                return True
    return False


def _frames(dwarf, unit, scopes: list, address: int) -> list[Frame]:
    program = dwarf.line_program_for_CU(unit)
    file, line = _line_of(program, address)
    frames = []
    for scope in reversed(scopes):
        frames.append(Frame(file, line, _name(scope)))
        if scope.tag == "DW_TAG_inlined_subroutine":
            file = _file_name(program, scope.attributes["DW_AT_call_file"].value)
            line = scope.attributes["DW_AT_call_line"].value
    return frames


def _line_of(program, address: int) -> tuple[str, int]:
    previous = None
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if previous and not previous.end_sequence and previous.address <= address < state.address:
            return _file_name(program, previous.file), previous.line
        previous = state
    return "?", 0


def _file_name(program, index: int) -> str:
    header = program.header
    if header["version"] < 5:
        index -= 1
    entry = header["file_entry"][index]
    folder_index = entry["dir_index"] - (0 if header["version"] >= 5 else 1)
    folders = header["include_directory"]
    folder = folders[folder_index].decode() if 0 <= folder_index < len(folders) else ""
    return os.path.join(folder, entry["name"].decode())


def _name(die) -> str:
    """A DIE's name, through its abstract origin and its specification."""
    for reference in ("DW_AT_name", "DW_AT_abstract_origin", "DW_AT_specification"):
        if reference in die.attributes:
            if reference == "DW_AT_name":
                return die.attributes[reference].value.decode()
            return _name(die.get_DIE_from_attribute(reference))
    return "?"
