"""The simulator ends with its host, however the host went, and ends the compilers that the host has left behind.

ttnn compiles kernels in processes of their own and does not end them when it is killed: they would go on for seconds.
They have inherited the address of the host's own simulator (UMD sets it before it starts either), and only they are
called like a RISC-V compiler.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

HOST_LOOK_SECONDS = 0.5
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


def end_compilers(address: str) -> None:
    """End all compilers that were started by the host of the simulator at `address`."""
    for _ in range(LOOKS if address else 0):
        for pid in compilers_of(address):
            try:
                os.kill(pid, signal.SIGTERM)  # which lets GCC remove its unfinished files
            except ProcessLookupError:
                pass


def compilers_of(address: str) -> list[int]:
    variable = f"{ADDRESS_VARIABLE}={address}".encode()
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if COMPILER_MARK in _read(pid, "cmdline") and variable in _read(pid, "environ").split(b"\0")]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # gone, or another user's
        return b""
