# SPDX-License-Identifier: Apache-2.0
"""Turns a Plan into ttnn descriptors, once for each call that is like none before; a later one only patches addresses
(bindings/launch.hpp).

The only file that knows ttnn's descriptors. Kernels, circular buffers and core arguments never change for a plan, the
tensors' addresses are the kernels' common runtime arguments.
"""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import ttnn

from . import _core, doctor
from .arguments import name_of
from .device import free_l1_bytes
from .specs import BUFFER_TYPES, DTYPES, LAYOUTS
from .triage import LAST_PLAN_VARIABLE

KERNELS = doctor.KERNELS

_HASH_BITS = 64
_TTNN_DTYPES = {ours: ttnns for ttnns, ours in DTYPES.items()}
_TTNN_LAYOUTS = {ours: ttnns for ttnns, ours in LAYOUTS.items()}
_TTNN_BUFFER_TYPES = {ours: ttnns for ttnns, ours in BUFFER_TYPES.items()}


def fit(problem: _core.Problem, free: int) -> _core.Problem:
    """The problem with so many bytes of L1 for circular buffers; where none is free, the planner says what it needs."""
    return problem.with_l1_bytes(max(free, 1))


def build(plan: _core.Plan, problem: _core.Problem, device) -> _core.Launch:
    """What launches the program of a plan, on tensors as its Problem has them. Threads may share it: launches take turns."""
    last_plan = os.environ.get(LAST_PLAN_VARIABLE)
    return _core.Launch(
        ttnn=ttnn,
        descriptor=_describe_program(plan, device) if plan.cores else None,
        rest=[
            *_sharing_arguments(plan, device),
            plan.rows_per_matrix,
            *_shard_arguments(plan, device),
            *_core_arguments_behind(plan),
        ],
        before=(lambda: Path(last_plan).write_text(plan.describe(), encoding="utf-8")) if last_plan else None,
        recover=functools.partial(_recover, plan, problem, device),
    )


def allocations(plan: _core.Plan, output_tensor, memory_config, device) -> Iterator[tuple | None]:
    """Of y, sum, mean, rstd and stats the arguments of ttnn.allocate_tensor_on_device; None for what there is, or is not
    asked for.

    `memory_config` is ttnn's, of outputs that the plan has in shards.
    """
    outputs = (_core.Tensor.OUTPUT, _core.Tensor.SUM, _core.Tensor.MEAN, _core.Tensor.RSTD, _core.Tensor.STATS)
    given = {_core.Tensor.OUTPUT: output_tensor is not None, _core.Tensor.STATS: plan.tensors[outputs[0]] is not None}
    for index in outputs:
        spec = plan.tensors[index]
        if spec is None or given.get(index, False):
            yield None
        else:
            what = ttnn.Shape(spec.shape), _TTNN_DTYPES[spec.dtype], _TTNN_LAYOUTS[spec.layout]
            if spec.memory_layout == _core.MemoryLayout.SHARDED:
                where = memory_config.memory_layout, memory_config.shard_spec, memory_config.buffer_type
            else:
                where = (_TTNN_BUFFER_TYPES[spec.buffer_type],)
            yield ttnn.TensorSpec(*what, *where), device


def _recover(plan: _core.Plan, problem: _core.Problem, device, error: Exception, tensors: dict) -> None:
    """After ttnn's refusal to start: launch what fits, if tensors have come to lie in L1 since the plan was made.

    Calls are then checked anew: one that has been fitted to the free L1 is another call, so it grows again with that.

    Raises:
        ValueError: nothing fits.
        RuntimeError: it was something else.
    """
    free = free_l1_bytes(device)
    if plan.l1_bytes_used <= free:
        raise RuntimeError(_explain(name_of(problem.options.norm, problem.options.stage), error)) from error
    from . import op  # whose calls hold this module, which must not hold it

    op.clear()
    fitted = fit(problem, free)
    build(_core.plan(fitted), fitted, device).run(**tensors)


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


def _describe_program(plan: _core.Plan, device):
    cores = _core_ranges(plan)
    addresses = [0] * (int(_core.DataMovementArgument.COUNT) + len(plan.shards))  # set at each launch
    arguments = _runtime_arguments(plan, device)
    kernels = [
        _describe_kernel(plan, cores, "reader.cpp", ttnn.ReaderConfigDescriptor(), addresses, arguments),
        _describe_kernel(plan, cores, "writer.cpp", ttnn.WriterConfigDescriptor(), addresses, arguments),
        _describe_kernel(plan, cores, "compute.cpp", _compute_config(plan), plan.compute_arguments, arguments),
    ]
    semaphores = [
        ttnn.SemaphoreDescriptor(id=index, core_ranges=cores, initial_value=0)
        for index in range(int(_core.Semaphore.COUNT) if plan.has_semaphores else 0)
    ]
    descriptor = ttnn.ProgramDescriptor(kernels=kernels, semaphores=semaphores, cbs=_describe_buffers(plan, cores))
    # What ttnn's program cache knows it by; else ttnn hashes the whole descriptor at each launch.
    descriptor.custom_program_hash = secrets.randbits(_HASH_BITS)
    return descriptor


def _sharing_arguments(plan: _core.Plan, device) -> list[int]:
    """Reader's and writer's common arguments from FIRST_X up to BETA_SOURCE: NoC places of the plan's logical cores, zeros if
    nothing is shared."""
    sharing = plan.sharing
    if sharing is None:
        return [0] * (int(_core.DataMovementArgument.ROWS_PER_MATRIX) - int(_core.DataMovementArgument.FIRST_X))
    return [
        *_places((sharing.first, sharing.last), device),
        sharing.receivers,
        *_packed_places((sharing.gamma_source, sharing.beta_source), device),
    ]


def _places(cores, device) -> list[int]:
    """x and y of each on the NoC."""
    places = [device.worker_core_from_logical_core(ttnn.CoreCoord(*core)) for core in cores]
    return [value for place in places for value in (place.x, place.y)]


def _packed_places(cores, device) -> list[int]:
    """The same in a word each."""
    places = _places(cores, device)
    return [x + (y << 16) for x, y in zip(places[::2], places[1::2])]


def _shard_arguments(plan: _core.Plan, device) -> list[int]:
    """A word for each shard (kernels/dataflow/pages.hpp, bank_address)."""
    return _packed_places(plan.shards, device)


def _core_arguments_behind(plan: _core.Plan) -> list[int]:
    """What follows the common arguments: the core's own, in a program of one core."""
    return plan.core_arguments[0] if plan.is_on_one_core else []


def _describe_kernel(plan: _core.Plan, cores, source: str, config, common_arguments: list[int], arguments):
    return ttnn.KernelDescriptor(
        kernel_source=str(KERNELS / source),
        core_ranges=cores,
        compile_time_args=[value for _, value in plan.compile_time_arguments],
        runtime_args=arguments,
        common_runtime_args=common_arguments + _core_arguments_behind(plan),
        config=config,
        compiler_include_paths=[str(KERNELS), str(KERNELS / "arch" / plan.chip)],
    )


def _compute_config(plan: _core.Plan):
    """fp32 DEST, and the whole of it: kernels/tensix/zones.hpp shares it out. float32 rows go there without the FPU."""
    config = ttnn.ComputeConfigDescriptor(
        math_fidelity=ttnn.MathFidelity.HiFi4, fp32_dest_acc_en=True, dst_full_sync_en=True
    )
    modes = [ttnn.UnpackToDestMode.Default] * plan.circular_buffers
    for buffer in plan.buffers:
        if buffer.dtype == _core.DataType.FLOAT32:
            modes[buffer.index] = ttnn.UnpackToDestMode.UnpackToDestFp32
    config.unpack_to_dest_mode = modes
    return config


def _runtime_arguments(plan: _core.Plan, device):
    arguments = ttnn.RuntimeArgs()
    if _core_arguments_behind(plan):
        return arguments
    for work, values in zip(plan.cores, plan.core_arguments):
        x, y = work.core
        arguments[x][y] = values + _places(work.team, device)
    return arguments


def _core_ranges(plan: _core.Plan):
    coordinates = [ttnn.CoreCoord(*work.core) for work in plan.cores]
    return ttnn.CoreRangeSet([ttnn.CoreRange(core, core) for core in coordinates])


def _describe_buffers(plan: _core.Plan, cores) -> list:
    return [
        ttnn.CBDescriptor(
            total_size=buffer.bytes,
            core_ranges=cores,
            format_descriptors=[
                ttnn.CBFormatDescriptor(
                    buffer_index=buffer.index, data_format=_TTNN_DTYPES[buffer.dtype], page_size=buffer.page_bytes
                )
            ],
        )
        for buffer in plan.buffers
    ]
