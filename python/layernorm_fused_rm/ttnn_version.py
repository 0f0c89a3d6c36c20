# SPDX-License-Identifier: Apache-2.0
"""Which ttnn this package is made for, and what it takes from it."""

from __future__ import annotations

import importlib.metadata
import warnings

TESTED_VERSION = "0.81.1"
REMEDY = f"pip install ttnn=={TESTED_VERSION}"

# Everything that the package cannot do without; a ttnn that lacks one is refused at import.
_NEEDED = (
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
    return [name for name in _NEEDED if not hasattr(ttnn, name)]


def check(ttnn) -> None:
    """Accept the imported module `ttnn`, warn that it is another version than the tested one, or refuse it.

    Raises:
        ImportError: it lacks something that the package cannot do without.
    """
    version = version_of("ttnn")
    missing = missing_names(ttnn)
    if missing:
        raise ImportError(
            f"layernorm_fused_rm: ttnn {version} has no {', '.join(missing)}; needs ttnn {TESTED_VERSION}; {REMEDY}"
        )
    if version != TESTED_VERSION:
        warnings.warn(
            f"layernorm_fused_rm: ttnn {version} is installed, but {TESTED_VERSION} is the version this is tested with; "
            f"{REMEDY}, or compare results with layernorm_fused_rm.reference",
            RuntimeWarning,
            stacklevel=2,
        )
