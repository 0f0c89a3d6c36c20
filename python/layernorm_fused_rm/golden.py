# SPDX-License-Identifier: Apache-2.0
"""The references for ttnn's comparison mode: torch tensors in and out, computed by `reference`."""

from __future__ import annotations

import math

from . import reference
from .arguments import dimensions


def layer_norm(input, gamma=None, beta=None, **options):
    return _run(reference.layer_norm, input, gamma, beta, **options)


def rms_norm(input, gamma=None, beta=None, **options):
    return _run(reference.rms_norm, input, gamma, beta, **options)


def _run(norm, input, gamma, beta, *, residual=None, **options):
    import torch

    as_numpy = lambda tensor: None if tensor is None else tensor.to(torch.float64).numpy()
    results = expected(norm, *map(as_numpy, (input, gamma, beta)), residual=as_numpy(residual), **options)
    as_torch = [torch.from_numpy(result) for result in results]
    return as_torch[0] if len(as_torch) == 1 else tuple(as_torch)


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
