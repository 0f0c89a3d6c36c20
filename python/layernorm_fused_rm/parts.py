# SPDX-License-Identifier: Apache-2.0
"""The norms where several chips share rows, each a part of every row, as a model in tensor parallel has them: what a chip
tells the others of its part, and, behind an all_gather of that, y of its part.

    stats = ttnn.layernorm_fused_rm_pre_all_gather(x)
    stats = ttnn.all_gather(stats, dim=-1, ...)
    y = ttnn.layernorm_fused_rm_post_all_gather(x, stats, gamma, beta)
"""

from __future__ import annotations

from . import _core, arguments, capture, golden, op

_PRE, _POST = _core.Stage.PRE_ALL_GATHER, _core.Stage.POST_ALL_GATHER


def _pre_all_gather(norm: _core.Norm, docstring: str):
    name = arguments.name_of(norm, _PRE)

    def operation(input, *, residual=None, memory_config=None, compute_kernel_config=None, **unknown):
        call = locals()
        arguments.refuse_unknown(name, call.pop("unknown"))
        return op.run({**op.DEFAULTS, **_given(call), "norm": norm, "stage": _PRE, "stats": None})

    return _registered(operation, name, docstring, golden.pre_all_gather(norm))


def _post_all_gather(norm: _core.Norm, docstring: str):
    name = arguments.name_of(norm, _POST)

    def operation(
        input,
        stats,
        gamma=None,
        beta=None,
        *,
        epsilon=1e-5,
        residual=None,
        return_sum=False,
        sum_dtype=None,
        return_statistics=False,
        zero_centered_gamma=False,
        activation=None,
        dtype=None,
        layout=None,
        sum_layout=None,
        memory_config=None,
        output_tensor=None,
        compute_kernel_config=None,
        **unknown,
    ):
        call = locals()
        arguments.refuse_unknown(name, call.pop("unknown"))
        return op.run({**op.DEFAULTS, **_given(call), "norm": norm, "stage": _POST, "stats": stats})

    return _registered(operation, name, docstring, golden.post_all_gather(norm))


def _given(call: dict) -> dict:
    """A call's arguments, of a function's local variables."""
    return {name: value for name, value in call.items() if name in op.DEFAULTS}


def _registered(operation, name: str, docstring: str, reference):
    operation.__name__ = operation.__qualname__ = name
    operation.__doc__ = docstring
    return capture.register(operation, f"ttnn.{name}", reference)


layernorm_fused_rm_pre_all_gather = _pre_all_gather(
    _core.Norm.LAYER,
    """What this chip tells the others of its part of each row, for LayerNorm over rows that several chips share.

Args:
    input (ttnn.Tensor): `[..., W]`, this chip's part of each row, which must have as many elements on each chip;
        otherwise as `layernorm_fused_rm` takes it.
    residual (ttnn.Tensor, optional): of the input's shape, added in fp32 before; pass it to the other half too.
    memory_config (ttnn.MemoryConfig): of the stats, DRAM or L1; the input's by default. They are interleaved always.
    compute_kernel_config: as of `layernorm_fused_rm`, and of no effect.

Returns:
    ttnn.Tensor stats, FLOAT32 `[..., 4]`, ROW_MAJOR: K, the part's first element; its mean - K; its variance, biased; W.
    The variance is that of the part's own elements about their own mean, so nothing cancels when parts are put together.
    A row whose squares overflow float32 has an infinite variance, and comes out Inf or NaN throughout: what
    `layernorm_fused_rm` does about such rows, it does only where it has them whole.

Raises, threads: as `layernorm_fused_rm`.

Example:
    >>> stats = ttnn.layernorm_fused_rm_pre_all_gather(x)                 # on each chip of a mesh
    >>> stats = ttnn.all_gather(stats, dim=-1)                            # [..., 4 * chips]
    >>> y = ttnn.layernorm_fused_rm_post_all_gather(x, stats, gamma, beta)

Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
""",
)

rms_norm_fused_rm_pre_all_gather = _pre_all_gather(
    _core.Norm.RMS,
    """What this chip tells the others of its part of each row, for RMSNorm over rows that several chips share.

Args, raises: those of `layernorm_fused_rm_pre_all_gather`.

Returns:
    ttnn.Tensor stats, FLOAT32 `[..., 4]`, ROW_MAJOR: 0, 0, the mean of the part's squares, W.

Example:
    >>> stats = ttnn.all_gather(ttnn.rms_norm_fused_rm_pre_all_gather(x), dim=-1)
    >>> y = ttnn.rms_norm_fused_rm_post_all_gather(x, stats, gamma)
""",
)

layernorm_fused_rm_post_all_gather = _post_all_gather(
    _core.Norm.LAYER,
    """LayerNorm of this chip's part of each row, by the stats of all chips' parts.

Args:
    input (ttnn.Tensor): `[..., W]`, what `layernorm_fused_rm_pre_all_gather` was given.
    stats (ttnn.Tensor): FLOAT32 `[..., 4 * chips]`, ROW_MAJOR, interleaved: the stats of 1 to 64 chips side by side, in any
        order that is the same on each chip.
    gamma, beta (ttnn.Tensor, optional): W elements, this chip's part of them.
    residual (ttnn.Tensor, optional): what the other half was given.
    epsilon, return_sum, sum_dtype, return_statistics, zero_centered_gamma, activation, dtype, layout, sum_layout,
    memory_config, output_tensor, compute_kernel_config: as of `layernorm_fused_rm`; mean and rstd are those of whole rows.

Returns, raises, threads: as `layernorm_fused_rm`.

Example: see `layernorm_fused_rm_pre_all_gather`.
""",
)

rms_norm_fused_rm_post_all_gather = _post_all_gather(
    _core.Norm.RMS,
    """RMSNorm of this chip's part of each row, by the stats of all chips' parts.

Args, raises: those of `layernorm_fused_rm_post_all_gather`.

Returns:
    as `rms_norm_fused_rm`.

Example: see `rms_norm_fused_rm_pre_all_gather`.
""",
)
