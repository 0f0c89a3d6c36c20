# SPDX-License-Identifier: Apache-2.0
"""What is measured: shapes, dtypes, memories."""

from __future__ import annotations

from dataclasses import dataclass

ELEMENT_BYTES = {"bfloat16": 2, "float32": 4}

SHAPES = (
    (32, 64), (64, 128), (32, 1024), (128, 1024), (256, 512), (1024, 1024), (32, 8192), (1, 4096), (64, 7168),
    (2048, 1024), (4096, 64), (8192, 32), (686, 128), (512, 384), (512, 768),
)  # fmt: skip
QUICK_SHAPES = ((32, 64), (64, 128), (32, 1024), (256, 512))


@dataclass(frozen=True)
class Case:
    """One tensor to normalise: rows, elements of a row, dtype of everything, memory of input and output."""

    rows: int
    width: int
    dtype: str = "bfloat16"
    memory: str = "dram"

    @property
    def elements(self) -> int:
        return self.rows * self.width

    @property
    def moved_bytes(self) -> int:
        """Input read once, output written once."""
        return 2 * self.elements * ELEMENT_BYTES[self.dtype]

    def __str__(self) -> str:
        return f"{self.rows} x {self.width} {self.dtype} {self.memory}"


def list_cases(is_quick: bool) -> list[Case]:
    """Small tensors first; bfloat16 in both memories, float32 in DRAM and L1 too."""
    shapes = QUICK_SHAPES if is_quick else SHAPES
    cases = [Case(*shape, dtype, memory) for dtype in ELEMENT_BYTES for memory in ("dram", "l1") for shape in shapes]
    return sorted(cases, key=lambda case: (case.dtype, case.memory, case.elements * ELEMENT_BYTES[case.dtype]))
