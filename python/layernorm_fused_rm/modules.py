# SPDX-License-Identifier: Apache-2.0
"""Layers that keep their weights on the device: `LayerNorm` and `RMSNorm`, called like torch.nn's."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping

import ttnn

from .arguments import dimensions
from .arrays import to_device
from .op import layernorm_fused_rm, rms_norm_fused_rm

# What checkpoints call gamma and beta: torch's modules, and older ones.
_WEIGHTS, _BIASES = ("weight", "gamma"), ("bias", "beta")
_MOST_NAMES = 5  # in an error


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

    @classmethod
    def from_state_dict(cls, state, prefix: str, *, device, **options) -> LayerNorm:
        """The layer whose weights a checkpoint has below a prefix: `weight` (or `gamma`), and `bias` (or `beta`) if any.

        Args:
            state (mapping of str to array): numpy arrays or torch tensors of any float type, such as
                `safetensors.numpy.load_file(path)` or `module.state_dict()`.
            prefix (str): of the layer's names, such as "encoder.layer.0.output.LayerNorm"; "" for none.
            device (ttnn.Device): where both are kept.
            **options: of the layer. A checkpoint has no epsilon: pass the model's, here 1e-5 by default. The normalised
                shape is the weight's.

        Raises:
            KeyError: there is no weight below the prefix; the text lists names near it.
            ValueError: weight and bias differ in shape, or there are both of two names for one of them.
            TypeError: a weight is no array, or `state` no mapping.

        Example:
            >>> state = safetensors.numpy.load_file("model.safetensors")
            >>> norm = LayerNorm.from_state_dict(state, "embeddings.LayerNorm", device=device, epsilon=1e-12)
        """
        weight, bias = _find(cls._name, state, prefix)
        return cls(weight, bias, device=device, **{"normalized_shape": weight.shape, **options})


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

    @classmethod
    def from_state_dict(cls, state, prefix: str, *, device, **options) -> RMSNorm:
        """The layer whose weight a checkpoint has below a prefix; see `LayerNorm.from_state_dict`. `epsilon` is 1e-6 by
        default.

        Raises:
            ValueError: there is a bias too, which this layer has not.

        Example:
            >>> norm = RMSNorm.from_state_dict(state, "model.layers.0.input_layernorm", device=device, epsilon=1e-5)
        """
        weight, bias = _find(cls._name, state, prefix)
        if bias is not None:
            raise ValueError(
                f"{cls._name}: there is a bias below {prefix!r}, which an RMSNorm layer has not; "
                "pass it to rms_norm_fused_rm as beta, or read a LayerNorm"
            )
        return cls(weight, device=device, **{"normalized_shape": weight.shape, **options})


def _array(parameter):
    """A torch parameter as a numpy array."""
    return None if parameter is None else parameter.detach().cpu().float().numpy()


def _find(operation: str, state, prefix: str) -> tuple:
    """The weight below a prefix, and the bias or None, as numpy arrays."""
    if not isinstance(state, Mapping):
        raise TypeError(
            f"{operation}: state must be a mapping of names to arrays, but is {type(state).__name__}; "
            "pass safetensors.numpy.load_file(path) or module.state_dict()"
        )
    place = f"{prefix}." if prefix else ""
    weight_name = _find_name(operation, state, place, _WEIGHTS)
    bias_name = _find_name(operation, state, place, _BIASES)
    if weight_name is None:
        wanted = " or ".join(f"{place}{name}" for name in _WEIGHTS)
        raise KeyError(f"{operation}: the state has no {wanted}; {_nearby(state, place)}")
    weight, bias = (None if name is None else _as_numpy(state[name]) for name in (weight_name, bias_name))
    for name, values in ((weight_name, weight), (bias_name, bias)):
        if name is not None and not hasattr(values, "shape"):
            raise TypeError(
                f"{operation}: {name} must be an array, but is {type(values).__name__}; pass the checkpoint's"
            )
    if bias is not None and bias.shape != weight.shape:
        raise ValueError(
            f"{operation}: {weight_name} has shape {list(weight.shape)}, but {bias_name} has {list(bias.shape)}; "
            "pass the prefix of a single layer"
        )
    return weight, bias


def _find_name(operation: str, state: Mapping, place: str, names: tuple[str, ...]) -> str | None:
    """The one of these names that is there."""
    found = [f"{place}{name}" for name in names if f"{place}{name}" in state]
    if len(found) > 1:
        raise ValueError(f"{operation}: the state has both {' and '.join(found)}; take one of them away")
    return found[0] if found else None


def _nearby(state: Mapping, place: str) -> str:
    """Which prefixes there are: those within `place` or like it, or any."""
    layers = sorted({name.rpartition(".")[0] for name in state if name.rpartition(".")[2] in _WEIGHTS})
    within = [layer for layer in layers if layer.startswith(place)] if place else layers
    near = within or difflib.get_close_matches(place.rstrip("."), layers, _MOST_NAMES) or layers
    if not near:
        return f"none of its {len(state)} names ends in {' or '.join(_WEIGHTS)}"
    more = f" and {len(near) - _MOST_NAMES} more" if len(near) > _MOST_NAMES else ""
    return f"prefixes near it: {', '.join(map(repr, near[:_MOST_NAMES]))}{more}"


def _as_numpy(values):
    """An array of numpy, or a tensor of torch, as one of numpy."""
    return _array(values) if hasattr(values, "detach") else values


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
