"""The references for ttnn's comparison mode: torch tensors in and out, computed by `reference`."""

from __future__ import annotations

from . import reference


def layer_norm(input, gamma=None, beta=None, **options):
    return _run(reference.layer_norm, input, gamma, beta, **options)


def rms_norm(input, gamma=None, beta=None, **options):
    return _run(reference.rms_norm, input, gamma, beta, **options)


def _run(
    norm,
    input,
    gamma,
    beta,
    *,
    epsilon=1e-5,
    residual=None,
    return_sum=False,
    return_statistics=False,
    zero_centered_gamma=False,
    normalized_shape=None,
    **_,
):
    import torch

    dimensions = len(normalized_shape) if isinstance(normalized_shape, (list, tuple)) else 1
    as_numpy = lambda tensor: None if tensor is None else tensor.to(torch.float64).numpy()
    shape = list(input.shape)
    x = reference.join(as_numpy(input), as_numpy(residual))
    rows = x.reshape(*shape[:-dimensions], -1)
    y, mean, rstd = norm(
        rows, as_numpy(gamma), as_numpy(beta), epsilon, zero_centered_gamma=zero_centered_gamma, return_statistics=True
    )
    results = [y.reshape(shape)]
    if return_sum:
        results.append(x)
    if return_statistics:
        kept = [*shape[:-dimensions], *[1] * dimensions]
        results += [value.reshape(kept) for value in (mean, rstd) if value is not None]
    as_torch = [torch.from_numpy(result) for result in results]
    return as_torch[0] if len(as_torch) == 1 else tuple(as_torch)
