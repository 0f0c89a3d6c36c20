"""Layers that keep their weights on the device: `LayerNorm` and `RMSNorm`, called like torch.nn's."""

from __future__ import annotations

import math

import ttnn

from .arguments import dimensions
from .arrays import to_device
from .op import layernorm_fused_rm, rms_norm_fused_rm


class _Norm:
    """Weights on a device, and the options that every call gets."""

    _name: str  # of the operation

    def __init__(
        self, weight=None, bias=None, *, device, epsilon: float, dtype=ttnn.bfloat16, normalized_shape=None, **options
    ):
        self.epsilon = epsilon
        wanted = None if normalized_shape is None else dimensions(normalized_shape)
        self.normalized_shape = None if wanted is None or len(wanted) < 2 else wanted
        self.options = options
        self.weight = _put(self._name, "weight", weight, device, dtype)
        self.bias = _put(self._name, "bias", bias, device, dtype)

    def _call(self, operation, x, keywords):
        return operation(
            x,
            self.weight,
            self.bias,
            **{"epsilon": self.epsilon, "normalized_shape": self.normalized_shape, **self.options, **keywords},
        )


class LayerNorm(_Norm):
    """LayerNorm with gamma and beta on the device; see `layernorm_fused_rm` for shapes, dtypes, errors and the source.

    Args:
        weight (numpy array, optional): gamma, of the normalised shape; 1 by default.
        bias (numpy array, optional): beta, likewise; 0 by default.
        device (ttnn.Device): where both are kept, as vectors in DRAM.
        epsilon (float): added to the variance.
        dtype (ttnn.DataType): of both, BFLOAT16 or FLOAT32.
        normalized_shape (sequence of int, optional): as in PyTorch; needed for more than one dimension only.
        **options: of `layernorm_fused_rm`, for every call.

    Raises:
        TypeError: a weight is no array.

    Example:
        >>> norm = LayerNorm(gamma, beta, device=device, epsilon=1e-12)
        >>> y = norm(x)
        >>> y, sum = norm(x, residual=r, return_sum=True)
    """

    _name = layernorm_fused_rm.__name__

    def __init__(self, weight=None, bias=None, *, device, epsilon: float = 1e-5, **options):
        super().__init__(weight, bias, device=device, epsilon=epsilon, **options)

    def __call__(self, x, **keywords):
        """`layernorm_fused_rm(x, weight, bias, ...)`; keywords are its options and go before those of the layer."""
        return self._call(layernorm_fused_rm, x, keywords)

    @classmethod
    def from_torch(cls, module, device, **options) -> LayerNorm:
        """The layer of a `torch.nn.LayerNorm`: its weights, epsilon and normalised shape."""
        options = {"epsilon": module.eps, "normalized_shape": tuple(module.normalized_shape), **options}
        return cls(_array(module.weight), _array(getattr(module, "bias", None)), device=device, **options)


class RMSNorm(_Norm):
    """RMSNorm with gamma on the device; see `rms_norm_fused_rm` for shapes, dtypes, errors and the source.

    Args: those of `LayerNorm`, without a bias. `epsilon` is 1e-6 by default, as in most models.

    Example:
        >>> y = RMSNorm(gamma, device=device)(x)
    """

    _name = rms_norm_fused_rm.__name__

    def __init__(self, weight=None, *, device, epsilon: float = 1e-6, **options):
        super().__init__(weight, device=device, epsilon=epsilon, **options)

    def __call__(self, x, **keywords):
        """`rms_norm_fused_rm(x, weight, ...)`; keywords are its options and go before those of the layer."""
        return self._call(rms_norm_fused_rm, x, keywords)

    @classmethod
    def from_torch(cls, module, device, **options) -> RMSNorm:
        """The layer of a `torch.nn.RMSNorm`: its weight, epsilon (float32's where it has none) and normalised shape."""
        epsilon = 2.0**-23 if module.eps is None else module.eps
        options = {"epsilon": epsilon, "normalized_shape": tuple(module.normalized_shape), **options}
        return cls(_array(module.weight), device=device, **options)


def _array(parameter):
    """A torch parameter as a numpy array."""
    return None if parameter is None else parameter.detach().cpu().float().numpy()


def _put(operation: str, name: str, values, device, dtype):
    """A vector on the device."""
    if values is None:
        return None
    if not hasattr(values, "reshape") or not hasattr(values, "astype"):
        raise TypeError(
            f"{operation}: {name} must be a numpy array, but is {type(values).__name__}; "
            "pass numpy.asarray(...), or use from_torch"
        )
    return to_device(values.reshape(math.prod(values.shape)), device, dtype=dtype)
