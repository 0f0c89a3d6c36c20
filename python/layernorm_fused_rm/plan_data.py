# SPDX-License-Identifier: Apache-2.0
"""A plan as plain data: what `Plan.describe()` prints, and all else that a program is built from."""

from __future__ import annotations

import enum
import json

from . import _core


def as_dict(plan: _core.Plan) -> dict:
    """A plan's attributes, by their names, as json can write them; those of `Run`, `CoreWork` and so on likewise.

    Coordinates are `[x, y]`, enums their names in lower case ("bfloat16", "row_major"). `tensors` has those that the
    call has, by name ("input", "gamma"), `compile_time_arguments` words by name.

    Example:
        >>> data = as_dict(plan(problem))
        >>> data["cores"][0]
        {'core': [0, 0], 'rows': 4, 'runs': [{'bank': 0, 'count': 4, 'first_page': 0}], 'slice': 0, 'team': []}
    """
    data = _plain(plan)
    names = [tensor.name.lower() for tensor in _core.Tensor if tensor != _core.Tensor.COUNT]
    data["tensors"] = {name: spec for name, spec in zip(names, data["tensors"], strict=True) if spec is not None}
    data["compile_time_arguments"] = dict(plan.compile_time_arguments)
    return data


def to_json(plan: _core.Plan) -> str:
    return json.dumps(as_dict(plan))


def _plain(value):
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    # Whatever the planner binds of a view is a property of its class, so that a new field is here by itself.
    return {
        name: _plain(getattr(value, name)) for name, kind in vars(type(value)).items() if isinstance(kind, property)
    }
