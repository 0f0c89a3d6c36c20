# SPDX-License-Identifier: Apache-2.0
"""Views of a fast core's integers with the interface of wolfpine's Register.

wolfpine's other code (reset, deadlock watch, its own interpreter for rare instructions) reads and writes registers as
little-endian bytes through these.
"""

from __future__ import annotations


class RegisterView:
    """One general register of a fast core, with the interface of wolfpine's Register."""

    size = 4

    def __init__(self, core, index: int):
        self.core = core
        self.index = index

    def read_uint(self) -> int:
        return self.core.x[self.index]

    def read_int(self) -> int:
        return int.from_bytes(self.read(), "little", signed=True)

    def read(self) -> bytes:
        return self.core.x[self.index].to_bytes(4, "little")

    def write(self, value: bytes) -> None:
        if self.index:
            self.core.x[self.index] = int.from_bytes(value[:4], "little")

    value = property(read, write)


class PcView(RegisterView):
    def read_uint(self) -> int:
        return self.core.pc

    def read(self) -> bytes:
        return self.core.pc.to_bytes(4, "little")

    def write(self, value: bytes) -> None:
        self.core.pc = int.from_bytes(value[:4], "little")

    value = property(read, write)


class NextPcView(RegisterView):
    def read_uint(self) -> int:
        return self.core.next_pc

    def read(self) -> bytes:
        return self.core.next_pc.to_bytes(4, "little")

    def write(self, value: bytes) -> None:
        self.core.next_pc = int.from_bytes(value[:4], "little")

    value = property(read, write)
