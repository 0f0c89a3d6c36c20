# SPDX-License-Identifier: Apache-2.0
"""Which versions of ttnn this package is made for, and what it takes from them.

Where their kernel headers differ is kernels/tensix/instructions.hpp.
"""

from __future__ import annotations

import importlib.metadata
import re
import warnings

# Tried are the oldest and the newest (tests/install/test_beside_ttnn.py). Those between are taken without a word.
OLDEST_TESTED = "0.79.0"
TESTED_VERSION = "0.81.1"
TESTED_RANGE = f"{OLDEST_TESTED} to {TESTED_VERSION}"
REMEDY = f"pip install ttnn=={TESTED_VERSION}"

# Everything that the package cannot do without; a ttnn that lacks one is refused at import. The device's method is what
# 0.78 and older ones lack.
_NEEDED = (
    "MeshDevice.dram_core_from_logical_core",
    "allocate_tensor_on_device",
    "corerange_to_cores",
    "from_device",
    "generic_op",
    "get_l1_alignment",
    "get_memory_view",
    "register_python_operation",
    "to_dtype",
    "CBDescriptor",
    "CBFormatDescriptor",
    "ComputeConfigDescriptor",
    "KernelDescriptor",
    "ProgramDescriptor",
    "ReaderConfigDescriptor",
    "RuntimeArgs",
    "SemaphoreDescriptor",
    "StorageType",
    "WriterConfigDescriptor",
)


def version_of(package: str) -> str:
    """The version of an installed package; "unknown" where it has no metadata, as in a build tree."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def missing_names(ttnn) -> list[str]:
    """What the package needs of the module `ttnn` and does not find there."""
    return [name for name in _NEEDED if not _has(ttnn, name)]


def _has(holder, name: str) -> bool:
    """Whether there is such an attribute, or, where names are joined by dots, one of an attribute."""
    for part in name.split("."):
        if not hasattr(holder, part):
            return False
        holder = getattr(holder, part)
    return True


def is_tested(version: str) -> bool:
    """Whether it is neither older nor newer than what is tested."""
    return _release(OLDEST_TESTED) <= _release(version) <= _release(TESTED_VERSION)


def _release(version: str) -> tuple[int, ...]:
    """0.81.1 of "0.81.1.dev3+g1234"; nothing of "unknown", which is older than any."""
    return tuple(int(number) for number in re.match(r"[\d.]*", version)[0].split(".") if number)


def check(ttnn) -> None:
    """Accept the imported module `ttnn`, warn that it is older or newer than those tested, or refuse it.

    Raises:
        ImportError: it lacks something that the package cannot do without.
    """
    version = version_of("ttnn")
    missing = missing_names(ttnn)
    if missing:
        raise ImportError(
            f"layernorm_fused_rm: ttnn {version} has no {', '.join(missing)}; needs ttnn {TESTED_RANGE}; {REMEDY}"
        )
    if not is_tested(version):
        warnings.warn(
            f"layernorm_fused_rm: ttnn {version} is installed, but {TESTED_RANGE} is what this is tested with; "
            f"{REMEDY}, or compare results with layernorm_fused_rm.reference",
            RuntimeWarning,
            stacklevel=2,
        )
