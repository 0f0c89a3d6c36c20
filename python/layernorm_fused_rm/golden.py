# SPDX-License-Identifier: Apache-2.0
"""The references for ttnn's comparison mode: torch tensors in and out, computed by `reference`."""

from __future__ import annotations

import math

from . import _core, reference
from .arguments import dimensions


def layer_norm(input, gamma=None, beta=None, **options):
    return _run(reference.layer_norm, input, gamma, beta, **options)


def rms_norm(input, gamma=None, beta=None, **options):
    return _run(reference.rms_norm, input, gamma, beta, **options)


def _run(norm, input, gamma, beta, *, residual=None, **options):
    import torch

    results = expected(norm, *map(_as_numpy, (input, gamma, beta)), residual=_as_numpy(residual), **options)
    as_torch = [torch.from_numpy(result) for result in results]
    return as_torch[0] if len(as_torch) == 1 else tuple(as_torch)


def _as_numpy(tensor):
    """A tensor of torch in float64."""
    import torch

    return None if tensor is None else tensor.to(torch.float64).numpy()


def expected(
    norm,
    x,
    gamma,
    beta,
    *,
    epsilon=1e-5,
    residual=None,
    return_sum=False,
    return_statistics=False,
    zero_centered_gamma=False,
    activation=None,
    normalized_shape=None,
    **_,
):
    """What a call with these options returns, numpy arrays in and out."""
    joined = 1 if normalized_shape is None else len(dimensions(normalized_shape))
    shape = list(x.shape)
    x = reference.join(x, residual)
    rows = x.reshape(*shape[:-joined], math.prod(shape[-joined:]))  # there may be none
    options = {"zero_centered_gamma": zero_centered_gamma, "activation": activation}
    y, mean, rstd = norm(rows, gamma, beta, epsilon, **options, return_statistics=True)
    results = [y.reshape(shape)]
    if return_sum:
        results.append(x)
    if return_statistics:
        kept = [*shape[:-joined], *[1] * joined]
        results += [value.reshape(kept) for value in (mean, rstd) if value is not None]
    return results


def pre_all_gather(norm):
    """The reference of a norm's first half."""

    def stats(input, *, residual=None, **_):
        import torch

        x = reference.join(_as_numpy(input), _as_numpy(residual))
        return torch.from_numpy(reference.part_stats(x, centres=norm == _core.Norm.LAYER))

    return stats


def post_all_gather(norm):
    """The reference of its second half."""

    def y(input, stats, gamma=None, beta=None, *, residual=None, **options):
        by_stats = reference.norm_by_stats(_as_numpy(stats), centres=norm == _core.Norm.LAYER)
        return _run(by_stats, input, gamma, beta, residual=residual, **options)

    return y
