# SPDX-License-Identifier: Apache-2.0
"""Examples that print figures give them: on fewer rows than they have of their own."""

from __future__ import annotations

import pytest

from examples import patched_model
from simulator import session


@pytest.mark.extended  # half a minute, most of it in ttnn.linear
@pytest.mark.skipif(session.is_vendors(), reason="ttnn.matmul does not run there")
def test_the_patched_model_is_as_exact_as_the_other_and_says_who_served_what(device):
    as_it_is, patched, served = patched_model.run(device, patched_model.SENTENCES[:1])
    assert all(patched[name] <= error < 0.1 for name, error in as_it_is.items())
    assert served.summary().splitlines()[:2] == [
        "ttnn.layer_norm: 2 served here, 0 by ttnn",
        "ttnn.rms_norm: 1 served here, 1 by ttnn",
    ]
