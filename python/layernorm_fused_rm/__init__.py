# SPDX-License-Identifier: Apache-2.0
"""Row-major LayerNorm in one program on Tenstorrent Tensix chips, beside the stock ttnn wheel.

    import ttnn, layernorm_fused_rm
    y = ttnn.layernorm_fused_rm(x, gamma, beta, epsilon=1e-5)

`arrays` makes tensors of numpy arrays. The planner (`layernorm_fused_rm.plan`, `Problem`, `TensorSpec`, `Device`), `cards`
to plan for, `picture` and `page` of a plan, `reference`, `accuracy` and `draws` need no ttnn.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# While Python locates `-m layernorm_fused_rm`, argv[0] is "-m" (Python's documentation, sys.argv); as a script the command
# has its own name. It finds out what an installation lacks, so it must not fail for want of it here.
_IS_COMMAND = (sys.argv[:1] == ["-m"] and __name__ in sys.orig_argv) or (
    bool(sys.argv) and Path(sys.argv[0]).name == "layernorm-fused-rm"
)

__all__: list[str] = []

if not _IS_COMMAND:
    from . import accuracy, cards, draws, page, picture, reference
    from ._core import Device, Options, Problem, TensorSpec, plan

    __all__ += ["Device", "Options", "Problem", "TensorSpec"]
    __all__ += ["accuracy", "cards", "draws", "page", "picture", "plan", "reference"]

if not _IS_COMMAND and importlib.util.find_spec("ttnn") is not None:
    from . import arrays
    from .modules import LayerNorm, RMSNorm
    from .op import layernorm_fused_rm, make_problem, rms_norm_fused_rm
    from .parts import (
        layernorm_fused_rm_post_all_gather,
        layernorm_fused_rm_pre_all_gather,
        rms_norm_fused_rm_post_all_gather,
        rms_norm_fused_rm_pre_all_gather,
    )
    from .patching import patch, unpatch

    __all__ += [
        "LayerNorm",
        "RMSNorm",
        "arrays",
        "layernorm_fused_rm",
        "layernorm_fused_rm_post_all_gather",
        "layernorm_fused_rm_pre_all_gather",
        "make_problem",
        "patch",
        "rms_norm_fused_rm",
        "rms_norm_fused_rm_post_all_gather",
        "rms_norm_fused_rm_pre_all_gather",
        "unpatch",
    ]
