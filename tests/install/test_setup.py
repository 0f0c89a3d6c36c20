# SPDX-License-Identifier: Apache-2.0
"""The set-up's own logic, in a scratch copy: which Python it takes, what a failure says, what it does not do twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "setup"


@pytest.fixture
def checkout(tmp_path) -> Path:
    shutil.copytree(SETUP, tmp_path / "checkout" / "setup")
    return tmp_path / "checkout"


def bash(checkout: Path, script: str, **variables: str) -> subprocess.CompletedProcess:
    """Runs a script after sourcing the set-up."""
    environment = {name: value for name, value in os.environ.items() if name != "LAYERNORM_DEVICE"} | variables
    return subprocess.run(
        ["bash", "-c", f"source setup/environment.sh\n{script}"],
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def add_program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_without_a_fitting_python_those_found_are_named(checkout, tmp_path):
    programs = tmp_path / "programs"
    add_program(programs, "python9.98", "exit 127")  # as a pyenv shim of a version that is not selected
    add_program(programs, "python3", "echo 3.11.2")
    done = bash(
        checkout,
        'PYTHON_VERSIONS="9.99 9.98"; find_python',
        PATH=f"{programs}:{os.environ['PATH']}",
        HOME=str(tmp_path),
    )
    assert done.returncode != 0 and done.stdout == ""
    assert "step:    Python" in done.stderr
    assert "Python 9.99 and 9.98 only" in done.stderr
    assert f"{programs}/python9.98 does not run" in done.stderr
    assert f"{programs}/python3 is 3.11.2" in done.stderr
    assert "remedy:  pyenv install 3.12" in done.stderr


def test_a_python_of_pyenv_is_found_though_its_shim_does_not_run(checkout, tmp_path):
    add_program(tmp_path / "shims", "python9.98", "exit 127")
    # Fits: prints its version, and every other question to it succeeds.
    add_program(tmp_path / ".pyenv/versions/9.98.1/bin", "python", "echo 9.98.1")
    done = bash(
        checkout,
        "PYTHON_VERSIONS=9.98; python_lack() { [ $(python_version $1) ] || echo broken; }; find_python",
        PATH=f"{tmp_path / 'shims'}:{os.environ['PATH']}",
        HOME=str(tmp_path),
    )
    assert done.stdout.strip() == str(tmp_path / ".pyenv/versions/9.98.1/bin/python"), done.stderr


def test_a_failure_names_step_command_and_remedy(checkout):
    script = 'work() { run echo fine; run ls /nowhere/at/all; }; step "a step" 1 "turn it off and on" work'
    done = bash(checkout, script)
    assert done.returncode == 1
    assert "step:    a step" in done.stderr
    assert "command: ls /nowhere/at/all" in done.stderr
    assert "remedy:  turn it off and on" in done.stderr
    assert "No such file" in done.stderr


def test_a_step_is_done_once_and_again_when_its_inputs_change(checkout):
    script = 'work() { echo x >>done; }; for print in 1 1 2; do step "a step" $print "" work; done; wc -l <done'
    done = bash(checkout, script)
    assert done.stdout.strip() == "2", done.stderr


def test_a_failed_step_is_tried_again(checkout):
    script = 'work() { run test -f there; }; step "a step" 1 "" work'
    assert bash(checkout, script).returncode == 1
    (checkout / "there").touch()
    assert bash(checkout, script).returncode == 0


def test_hardware_without_a_card_is_refused(checkout):
    if Path("/dev/tenstorrent").exists():
        pytest.skip("a card is there")
    done = bash(checkout, "prepare_environment hardware")
    assert done.returncode == 1
    assert "no Tenstorrent card" in done.stderr and "without --device hardware" in done.stderr


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (None, "LAYERNORM_TTSIM is not set; --device vendor runs on Tenstorrent's own simulator"),
        ((), "no libttsim.so in LAYERNORM_TTSIM="),
        (("libttsim.so",), "no soc_descriptor.yaml beside"),
    ],
)
def test_a_vendor_simulator_that_is_not_there_is_refused(checkout, tmp_path, files, named):
    (tmp_path / "vendor").mkdir()
    for name in files or ():
        (tmp_path / "vendor" / name).touch()
    folder = "" if files is None else str(tmp_path / "vendor")
    done = bash(checkout, "prepare_environment vendor", LAYERNORM_TTSIM=folder)
    assert done.returncode == 1 and named in done.stderr and "remedy:" in done.stderr


@pytest.mark.parametrize(
    "arguments, device, rest",
    [
        ("", "simulator", ""),
        ("--device vendor --all", "vendor", "--all"),
        ("--device hardware -k x", "hardware", "-k x"),
        ("a --device=hardware b", "hardware", "a b"),
    ],
)
def test_the_device_option_is_taken_out_of_the_arguments(checkout, arguments, device, rest):
    done = bash(checkout, f'take_device_option {arguments}; echo "$device|${{arguments[*]}}"')
    assert done.stdout.strip() == f"{device}|{rest}"


def test_the_chip_is_chosen_where_it_is_simulated_only(checkout):
    done = bash(checkout, 'take_device_option --chip blackhole --all; echo "$chip|${arguments[*]}"')
    assert done.stdout.strip() == "blackhole|--all"
    done = bash(checkout, "take_device_option --chip=grayskull; prepare_environment simulator")
    assert done.returncode == 1 and "--chip wormhole or blackhole (wormhole is the default)" in done.stderr
    done = bash(checkout, "take_device_option --chip wormhole; prepare_environment vendor")
    assert done.returncode == 1 and "where the chip is what is there" in done.stderr
