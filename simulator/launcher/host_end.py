# SPDX-License-Identifier: Apache-2.0
"""The simulator and its host end together, however either went; compilers that the host has left behind are ended too.

A host waits for its simulator for ever, with the interpreter's lock held, so a simulator that is killed (by the kernel,
when memory is short) takes the host along: a process that only waits for the simulator's end does it.

ttnn compiles kernels in processes of their own and does not end them when it is killed: they would go on for seconds.
They have inherited the address of the host's own simulator (UMD sets it before it starts either), and only they are
called like a RISC-V compiler.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path

HOST_LOOK_SECONDS = 0.5
# For a host that is about to end by itself.
HOST_GRACE_SECONDS = 1.0
LOST_SIMULATOR = (
    "[simulator] error: the simulator is gone (by an error above, or killed: perhaps memory is short, dmesg tells)\n"
    "[simulator] the host, which would wait for it for ever, is ended now"
)
ADDRESS_VARIABLE = "NNG_SOCKET_ADDR"
COMPILER_MARK = b"riscv"
# A compiler may start its next part while the processes are looked through.
LOOKS = 2


def end_with_host() -> None:
    """End this process when its parent, the host, is gone: the socket alone would let it wait for another for ever."""
    host = os.getppid()

    def watch() -> None:
        while os.getppid() == host:
            time.sleep(HOST_LOOK_SECONDS)
        try:
            end_compilers(os.environ.get(ADDRESS_VARIABLE, ""))
        finally:
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def host_ended_if_lost():
    """End the parent, the host, if this process does not come to the block's end. Forks, so to be used before threads."""
    host, ours = os.pidfd_open(os.getppid()), os.pipe()
    if os.fork() == 0:
        os.close(ours[1])
        _await_end(ours[0], host)
    os.close(ours[0])
    os.close(host)
    yield
    os.write(ours[1], b"x")


def _await_end(pipe: int, host: int) -> None:
    """The pipe ends without a byte if the process that would have written it is gone; a host that has ended is readable."""
    try:
        if not os.read(pipe, 1) and not select.select([host], [], [], HOST_GRACE_SECONDS)[0]:
            with contextlib.suppress(OSError):  # nobody may be left to read it
                print(LOST_SIMULATOR, file=sys.stderr, flush=True)
            signal.pidfd_send_signal(host, signal.SIGTERM)
    finally:
        os._exit(0)


def end_compilers(address: str) -> None:
    """End all compilers that were started by the host of the simulator at `address`."""
    for _ in range(LOOKS if address else 0):
        for pid in compilers_of(address):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)  # which lets GCC remove its unfinished files


def compilers_of(address: str) -> list[int]:
    variable = f"{ADDRESS_VARIABLE}={address}".encode()
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [
        pid for pid in pids if COMPILER_MARK in _read(pid, "cmdline") and variable in _read(pid, "environ").split(b"\0")
    ]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # gone, or another user's
        return b""
