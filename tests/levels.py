# SPDX-License-Identifier: Apache-2.0
"""What ./test tries and what only ./test --all does."""

from __future__ import annotations

import pytest


def extended(*values, ids=None):
    """Parameters that only ./test --all tries, to be unpacked behind those that both try."""
    return [
        pytest.param(value, marks=pytest.mark.extended, id=name)
        for value, name in zip(values, ids or [None] * len(values))
    ]


def usually(cases: dict, *names: str) -> list:
    """Parameters, by their ids: those named, and the rest as only ./test --all tries them."""
    rest = {name: value for name, value in cases.items() if name not in names}
    return [*(pytest.param(cases[name], id=name) for name in names), *extended(*rest.values(), ids=rest)]
