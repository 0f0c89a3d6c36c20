# SPDX-License-Identifier: Apache-2.0
"""Start wolfpine's server of a chip with our patches, time policy, cycle log and hang report.

Takes the command line of `python -m framework.sim.wormhole` (UMD's run.sh passes none) and the environment:
    LAYERNORM_SIM_CHIP            wormhole or blackhole (chips.py)
    LAYERNORM_SIM_CYCLES_LOG      file that gets one JSON line per launched program (cycles.py)
    LAYERNORM_SIM_TRAFFIC_LOG     file that gets one JSON line per program of what it moved (traffic.py)
    LAYERNORM_SIM_TIMELINE_LOG    file that gets one JSON line per program of when its cores moved pages (timeline.py)
    LAYERNORM_SIM_COVERAGE        folder that gets a file of which instructions of the kernels have run (coverage.py)
    LAYERNORM_SIM_HANG_REPORT     file that gets the hang report, besides stderr (hang.py)
    LAYERNORM_SIM_BUFFER_NAMES    JSON file {"0": "input rows", "semaphore 0": ..., ...} with names for that report
    LAYERNORM_SIM_POISON=1        memory nobody has written holds NaN (poison.py)
    LAYERNORM_SIM_CHECK_END       kernel names; their programs must leave buffers and semaphores as found (end_state.py)
and every TT_SIM_* variable wolfpine knows.
"""

from __future__ import annotations

from . import chips, coverage, end_state, hang, patches, poison, time_policy, timeline, traffic
from .fast_sim.install import install as install_fast_parts
from .host_end import end_with_host


def main(arguments: list[str] | None = None) -> int:
    end_with_host()
    patches.check_version()
    install_fast_parts()
    patches.apply_all()
    time_policy.install(_install_watchers())
    hang.install(time_policy.PolledDevice)
    return chips.simulated().server.main(arguments)


def _install_watchers() -> tuple[time_policy.ProgramWatcher, ...]:
    """What the environment asks to be done before and after each program."""
    poison.install()
    end_state.install()
    names = end_state.wanted_names()
    wanted: list[time_policy.ProgramWatcher] = [poison.Poison()] if poison.is_wanted() else []
    recorders = (
        (traffic.wanted_log(), traffic.Traffic),
        (timeline.wanted_log(), timeline.Timeline),
        (coverage.wanted_folder(), coverage.Coverage),
    )
    for place, recorder in recorders:
        if place:
            wanted.append(recorder(place))
            wanted[-1].install()
    return (*wanted, end_state.EndState(names)) if names else tuple(wanted)
