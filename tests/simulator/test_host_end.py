# SPDX-License-Identifier: Apache-2.0
"""Compilers that a host has left behind are ended, and nothing else is."""

import os
import subprocess

import pytest
from launcher import host_end

ADDRESS = f"tcp://here:{os.getpid()}"


@pytest.fixture
def started():
    """Function (name, address) that starts a process that waits."""
    processes = []

    def start(name, address):
        command = ["bash", "-c", f"exec -a {name} sleep 60"]
        environment = os.environ | {host_end.ADDRESS_VARIABLE: address}
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_only_compilers_of_the_own_host_are_ended(started):
    own = started("riscv64-unknown-elf-g++", ADDRESS)
    others = [started("riscv64-unknown-elf-g++", f"{ADDRESS}0"), started("a-users-program", ADDRESS)]
    host_end.end_compilers(ADDRESS)
    assert own.wait(5) == -15
    assert [process.poll() for process in others] == [None, None]


def test_without_an_address_nothing_is_ended(started):
    process = started("riscv64-unknown-elf-g++", "")
    host_end.end_compilers("")
    assert process.poll() is None
