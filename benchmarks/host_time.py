"""What a warm call costs the host, device time left out: ours beside ttnn.layer_norm, in one process.

The simulated device is a process of its own and the host sleeps while a program runs, so the host's own computing time
(process_time) is its part alone. One row: both run on one core, and so send the same few messages; slow dispatch, which the
simulator needs, sends some for every core. The medians of alternating calls are compared, since machines are noisy; quote
the ratio.
"""

from __future__ import annotations

import statistics
import time

from .cases import Case
from .providers import OURS, PROVIDERS, TTNN, draw, to_numpy

CASE = Case(1, 64)
CALLS = 40


def measure_host_time(device) -> dict[str, float]:
    """Microseconds of a warm call by provider."""
    providers = [provider for provider in PROVIDERS if provider.name in (OURS, TTNN)]
    calls = {provider.name: provider.prepare(draw(CASE), device) for provider in providers}
    for call in calls.values():
        to_numpy(call())
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(CALLS):
        for name, call in calls.items():
            start = time.process_time()
            output = call()
            seconds[name].append(time.process_time() - start)
            to_numpy(output)
    return {name: statistics.median(values) * 1e6 for name, values in seconds.items()}
