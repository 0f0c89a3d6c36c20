# SPDX-License-Identifier: Apache-2.0
"""What a warm call costs the host, device time left out: ours beside ttnn.layer_norm, in one process.

The simulated device is a process of its own and the host sleeps while a program runs, so the host's own computing time
(process_time) is its part alone. Three quarters of it are the messages of slow dispatch, which the simulator needs: 48
writes a call for either operation, each handed to another thread and a socket. A write costs the same whatever its size, and
both run on one core in this case, so these do not tell the two apart; what does is the time of ttnn's and our own code
around them. That code runs cold, since the simulator has the caches in between. The medians of alternating calls are
compared, since machines are noisy; quote the ratio.
"""

from __future__ import annotations

import os
import statistics
import time

from layernorm_fused_rm.arrays import to_numpy
from layernorm_fused_rm.triage import LAST_PLAN_VARIABLE

from .cases import Case
from .providers import OURS, PROVIDERS, TTNN, draw

CASE = Case(1, 64)
CALLS = 200


def measure_host_time(device) -> dict[str, float]:
    """Microseconds of a warm call by provider."""
    providers = [provider for provider in PROVIDERS if provider.name in (OURS, TTNN)]
    calls = {provider.name: provider.prepare(draw(CASE), device) for provider in providers}
    # A debugging aid that ./run sets: a file written at every launch.
    kept = os.environ.pop(LAST_PLAN_VARIABLE, None)
    for call in calls.values():
        to_numpy(call())
    if kept is not None:
        os.environ[LAST_PLAN_VARIABLE] = kept
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(CALLS):
        for name, call in calls.items():
            seconds[name].append(_time(call))
    return {name: statistics.median(values) * 1e6 for name, values in seconds.items()}


def _time(call) -> float:
    """Computing time of one call; its result is read, and freed, outside of that."""
    start = time.process_time()
    output = call()
    seconds = time.process_time() - start
    to_numpy(output)
    return seconds
