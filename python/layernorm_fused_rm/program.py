"""Turns a Plan into ttnn descriptors, once for each Problem; a later call only patches addresses (bindings/launch.hpp).

The only file that knows ttnn's descriptors. A `PreparedProgram` keeps its ProgramDescriptor: kernels, circular buffers and
core arguments never change for a Problem, the tensors' addresses are the kernels' common runtime arguments.
"""

from __future__ import annotations

import functools
import os
import secrets
from pathlib import Path

import ttnn

from . import _core, doctor
from .device import free_l1_bytes
from .options import NAMES
from .triage import LAST_PLAN_VARIABLE

KERNELS = doctor.KERNELS

# Of a core (tt_metal/hw/inc/circular_buffer_constants.h, NUM_CIRCULAR_BUFFERS).
_CIRCULAR_BUFFERS = 32
_HASH_BITS = 64


def fit_to_free_l1(problem: _core.Problem, device) -> _core.Problem:
    """The problem itself, or with the L1 that is free now, if tensors in L1 leave less than its plan takes."""
    free = free_l1_bytes(device)
    return problem if _core.plan(problem).l1_bytes_used <= free else problem.with_l1_bytes(max(free, 1))


class PreparedProgram:
    """One Problem, planned and described. `plan` is the `_core.Plan`; `launch` starts it on tensors that fit the Problem.

    Threads may share one: the plan and the descriptor's fixed parts are never changed, and launches take turns.
    """

    def __init__(self, problem: _core.Problem, device):
        self.plan = plan = _core.plan(problem)
        last_plan = os.environ.get(LAST_PLAN_VARIABLE)
        self.launch = _core.Launch(
            ttnn=ttnn,
            descriptor=_describe_program(self.plan) if self.plan.cores else None,
            reader_rest=_core_arguments_behind(self.plan),
            writer_rest=_sharing_arguments(self.plan, device) + _core_arguments_behind(self.plan),
            # No `self` in it: what a C++ object and a Python object hold of each other is never freed.
            before=(lambda: Path(last_plan).write_text(plan.describe(), encoding="utf-8")) if last_plan else None,
            recover=functools.partial(_recover, problem, device, plan.l1_bytes_used),
        )


def _recover(problem: _core.Problem, device, l1_bytes_used: int, error: Exception, tensors: dict) -> None:
    """After ttnn's refusal to start: launch what fits, if tensors have come to lie in L1 since the plan was made.

    Calls are then planned anew: one that has been fitted to the free L1 is not kept, so it grows again with that.

    Raises:
        ValueError: nothing fits.
        RuntimeError: it was something else.
    """
    if l1_bytes_used <= free_l1_bytes(device):
        raise RuntimeError(_explain(NAMES[problem.norm], error)) from error
    from . import op  # keeps programs, so this module, which they hold, must not hold it

    op.forget_calls()
    op.prepare(fit_to_free_l1(problem, device), device).launch.run(**tensors)


def _explain(name: str, error: Exception) -> str:
    """What was being done, ttnn's reason without its backtrace, what is wrong with the installation, and what to do."""
    lines = [line.strip() for line in str(error).partition("backtrace:")[0].splitlines()]
    reason = next((line for line in reversed(lines) if line), type(error).__name__)
    found = [finding for finding in (doctor.check_cache(), doctor.check_compiler()) if not finding.is_ok]
    problems = "".join(f"; {finding.name}: {finding.text}; {finding.remedy}" for finding in found)
    return (
        f"{name}: ttnn could not build or start the program ({reason}){problems}; "
        "to check the installation: python -m layernorm_fused_rm doctor"
    )


def _describe_program(plan: _core.Plan):
    cores = _core_ranges(plan)
    kernels = [
        # The addresses of reader and writer are set at each launch.
        _describe_kernel(
            plan, cores, "reader.cpp", ttnn.ReaderConfigDescriptor(), [0] * int(_core.ReaderArgument.COUNT)
        ),
        _describe_kernel(
            plan, cores, "writer.cpp", ttnn.WriterConfigDescriptor(), [0] * int(_core.WriterArgument.COUNT)
        ),
        _describe_kernel(plan, cores, "compute.cpp", _compute_config(plan), plan.compute_arguments),
    ]
    semaphores = [
        ttnn.SemaphoreDescriptor(id=index, core_ranges=cores, initial_value=0)
        for index in range(int(_core.Semaphore.COUNT) if plan.sharing is not None else 0)
    ]
    descriptor = ttnn.ProgramDescriptor(kernels=kernels, semaphores=semaphores, cbs=_describe_buffers(plan, cores))
    # What ttnn's program cache knows it by; else ttnn hashes the whole descriptor at each launch.
    descriptor.custom_program_hash = secrets.randbits(_HASH_BITS)
    return descriptor


def _sharing_arguments(plan: _core.Plan, device) -> list[int]:
    """The writer's common arguments from SOURCE_X on: NoC places of the plan's logical cores, zeros if nothing is shared."""
    if plan.sharing is None:
        return [0] * (int(_core.WriterArgument.COUNT) - int(_core.WriterArgument.SOURCE_X))
    corners = (plan.sharing.source, plan.sharing.first, plan.sharing.last)
    places = [device.worker_core_from_logical_core(ttnn.CoreCoord(*corner)) for corner in corners]
    return [value for place in places for value in (place.x, place.y)] + [plan.sharing.receivers]


def _core_arguments_behind(plan: _core.Plan) -> list[int]:
    """What follows the common arguments: the core's own, in a program of one core."""
    return plan.core_arguments[0] if len(plan.cores) == 1 else []


def _describe_kernel(plan: _core.Plan, cores, source: str, config, common_arguments: list[int]):
    return ttnn.KernelDescriptor(
        kernel_source=str(KERNELS / source),
        core_ranges=cores,
        compile_time_args=[value for _, value in plan.compile_time_arguments],
        runtime_args=_runtime_arguments(plan),
        common_runtime_args=common_arguments + _core_arguments_behind(plan),
        config=config,
        compiler_include_paths=[str(KERNELS), str(KERNELS / "arch" / "wormhole")],
    )


def _compute_config(plan: _core.Plan):
    """fp32 DEST, and the whole of it: kernels/arch/wormhole/tensix/zones.hpp shares it out. float32 rows go there without the FPU."""
    config = ttnn.ComputeConfigDescriptor(
        math_fidelity=ttnn.MathFidelity.HiFi4, fp32_dest_acc_en=True, dst_full_sync_en=True
    )
    modes = [ttnn.UnpackToDestMode.Default] * _CIRCULAR_BUFFERS
    for buffer in plan.buffers:
        if buffer.dtype == _core.DataType.FLOAT32:
            modes[buffer.index] = ttnn.UnpackToDestMode.UnpackToDestFp32
    config.unpack_to_dest_mode = modes
    return config


def _runtime_arguments(plan: _core.Plan):
    arguments = ttnn.RuntimeArgs()
    if _core_arguments_behind(plan):
        return arguments
    for work, values in zip(plan.cores, plan.core_arguments):
        x, y = work.core
        arguments[x][y] = values
    return arguments


def _core_ranges(plan: _core.Plan):
    coordinates = [ttnn.CoreCoord(*work.core) for work in plan.cores]
    return ttnn.CoreRangeSet([ttnn.CoreRange(core, core) for core in coordinates])


def _describe_buffers(plan: _core.Plan, cores) -> list:
    formats = {_core.DataType.BFLOAT16: ttnn.bfloat16, _core.DataType.FLOAT32: ttnn.float32}
    return [
        ttnn.CBDescriptor(
            total_size=buffer.bytes,
            core_ranges=cores,
            format_descriptors=[
                ttnn.CBFormatDescriptor(
                    buffer_index=buffer.index, data_format=formats[buffer.dtype], page_size=buffer.page_bytes
                )
            ],
        )
        for buffer in plan.buffers
    ]
