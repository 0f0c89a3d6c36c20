# SPDX-License-Identifier: Apache-2.0
"""Each thing that can be wrong with an installation is found, and the remedy is said. Nothing here needs a device."""

from __future__ import annotations

import errno
import importlib.metadata
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from layernorm_fused_rm import cli, doctor, triage, ttnn_version


def add_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def hide(monkeypatch, name: str) -> None:
    """A Python without the package `name`."""
    real = doctor.importlib.util.find_spec
    monkeypatch.setattr(
        doctor.importlib.util, "find_spec", lambda wanted, *rest: None if wanted == name else real(wanted, *rest)
    )


def expect(finding: doctor.Finding, text: str, remedy: str) -> None:
    assert not finding.is_ok
    assert text in finding.text and remedy in finding.remedy, str(finding)
    assert "\n" not in str(finding)


def test_a_finding_is_one_line():
    assert str(doctor.Finding("ttnn", "0.81.1")) == "ok       ttnn: 0.81.1"
    assert str(doctor.Finding("ttnn", "is old", "renew it")) == "problem  ttnn: is old; renew it"


def test_a_python_without_ttnn_wheels_is_found(monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 13, 1))
    expect(doctor.check_python(), "3.13.1", "Python 3.10 or 3.12 only")


def test_a_missing_ttnn_is_found(monkeypatch):
    hide(monkeypatch, "ttnn")
    expect(doctor.check_ttnn(), "is not installed", "pip install ttnn==0.81.1")


@pytest.mark.parametrize(
    "version, status, output, text",
    [
        ("0.99.0", 0, "log\nmissing:\n", "0.99.0, but 0.79.0 to 0.81.1 is tested"),
        ("0.50.0", 0, "missing:generic_op\n", "0.50.0 has no generic_op"),
        ("0.81.1", 1, "ImportError: libx.so: no such file\n", "does not import (ImportError: libx.so: no such file)"),
        ("0.81.1", -11, "", "0.81.1 does not import (no message)"),
    ],
)
def test_another_or_broken_ttnn_is_found(monkeypatch, version, status, output, text):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(ttnn_version, "version_of", lambda package: version)
    monkeypatch.setattr(doctor, "_run", lambda command: (status, output))
    expect(doctor.check_ttnn(), text, "pip install ttnn==0.81.1")


def test_the_installed_ttnn_is_fine():
    pytest.importorskip("ttnn")
    finding = doctor.check_ttnn()
    assert finding.is_ok, finding


def test_a_missing_numpy_is_found(monkeypatch):
    hide(monkeypatch, "numpy")
    expect(doctor.check_numpy(), "is not installed", 'pip install "numpy>=1.24,<2"')


def put_planner(monkeypatch, **names) -> None:
    """A planner with these names instead of the real one."""
    import layernorm_fused_rm

    planner = types.ModuleType("layernorm_fused_rm._core")
    vars(planner).update(names)
    monkeypatch.setitem(sys.modules, "layernorm_fused_rm._core", planner)
    monkeypatch.setattr(layernorm_fused_rm, "_core", planner, raising=False)


def test_a_planner_that_does_not_load_is_found(monkeypatch):
    import layernorm_fused_rm

    monkeypatch.delattr(layernorm_fused_rm, "_core")
    monkeypatch.setitem(sys.modules, "layernorm_fused_rm._core", None)
    expect(doctor.check_planner(), "does not import", "install it again")
    expect(doctor.check_kernels(), "cannot be checked without the planner", "install it again")


def test_a_planner_of_another_version_is_found(monkeypatch):
    put_planner(monkeypatch, __version__="0.0.1", CONTRACT_SHA256="")
    expect(doctor.check_planner(), "is of version 0.0.1, but the package of", "install it again")
    put_planner(monkeypatch)
    expect(doctor.check_planner(), "is of an earlier version", "install it again")


def test_a_planner_built_for_other_kernels_is_found(monkeypatch):
    put_planner(monkeypatch, __version__=importlib.metadata.version("layernorm_fused_rm"), CONTRACT_SHA256="0")
    expect(doctor.check_planner(), "another kernels/contract", "install it again")


def test_missing_kernels_are_found(monkeypatch, tmp_path):
    put_planner(monkeypatch, KERNEL_FILES=["reader.cpp", "arch/wormhole/chip/unpacker.hpp"])
    (tmp_path / "reader.cpp").touch()
    monkeypatch.setattr(doctor, "KERNELS", tmp_path)
    expect(doctor.check_kernels(), f"arch/wormhole/chip/unpacker.hpp missing in {tmp_path}", "install it again")


def test_the_installed_planner_and_kernels_are_fine():
    assert doctor.check_planner().is_ok, doctor.check_planner()
    assert doctor.check_kernels().is_ok, doctor.check_kernels()


@pytest.fixture
def compiler_place(monkeypatch, tmp_path) -> Path:
    """Where a compiler is looked for; none is there."""
    monkeypatch.setenv("TT_METAL_RUNTIME_ROOT", str(tmp_path / "root"))
    monkeypatch.setattr(doctor, "SFPI_FOLDER", tmp_path / "sfpi")
    return tmp_path / "root" / "runtime" / "sfpi" / "compiler" / "bin" / "riscv-tt-elf-g++"


def test_a_missing_compiler_is_found(compiler_place, tmp_path):
    finding = doctor.check_compiler()
    expect(finding, f"no {compiler_place}", "install Tenstorrent's sfpi package")
    assert f"no {tmp_path}/sfpi/compiler/bin" in finding.text


def test_a_compiler_that_does_not_run_is_found(compiler_place):
    add_program(compiler_place, "#!/bin/sh\necho no such library\nexit 1\n")
    expect(doctor.check_compiler(), "does not run (no such library)", "install Tenstorrent's sfpi package")
    compiler_place.chmod(0o644)
    expect(doctor.check_compiler(), "does not run (Permission denied)", "install Tenstorrent's sfpi package")


def test_the_stand_in_compiler_is_for_the_simulator_only(compiler_place, monkeypatch):
    add_program(compiler_place, "#!/bin/sh\n")
    monkeypatch.setenv("TT_METAL_SIMULATOR", "/simulator")
    assert doctor.check_compiler().text.endswith("(the stand-in)")
    monkeypatch.delenv("TT_METAL_SIMULATOR")
    expect(doctor.check_compiler(), "is the simulator's stand-in", "install Tenstorrent's sfpi package")


def test_a_program_that_hangs_is_given_up(monkeypatch, compiler_place):
    monkeypatch.setattr(doctor, "SECONDS_FOR_A_PROGRAM", 0.2)
    add_program(compiler_place, "#!/bin/sh\nexec sleep 30\n")
    expect(doctor.check_compiler(), "no answer in 0.2 s", "install")


def test_a_machine_without_a_card_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "DEVICE_FILES", tmp_path / "tenstorrent")
    expect(doctor.check_card(), "and TT_METAL_SIMULATOR is not set", "kernel driver (tt-kmd)")


def test_a_card_that_may_not_be_opened_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "DEVICE_FILES", tmp_path)
    (tmp_path / "0").touch()
    assert doctor.check_card().is_ok
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    expect(doctor.check_card(), "is not yours to open", f"chmod a+rw {tmp_path}/0")


@pytest.fixture
def simulator(monkeypatch, tmp_path) -> Path:
    """A simulator's folder and environment with nothing wrong."""
    folder = tmp_path / "simulator"
    add_program(folder / "run.sh", "#!/bin/sh\n")
    monkeypatch.setenv("TT_METAL_SIMULATOR", str(folder))
    monkeypatch.setenv("WOLFPINE_PYTHON", str(add_program(tmp_path / "python", "#!/bin/sh\necho 2.2\n")))
    monkeypatch.setenv("TT_METAL_SLOW_DISPATCH_MODE", "1")
    monkeypatch.setenv("TT_METAL_MOCK_CLUSTER_DESC_PATH", "cluster.yaml")
    return folder


def problems() -> list[doctor.Finding]:
    return [finding for finding in doctor.check_simulator() if not finding.is_ok]


def test_a_sound_simulator_is_fine(simulator):
    assert problems() == []


def test_a_simulator_folder_without_run_sh_is_found(simulator):
    (simulator / "run.sh").unlink()
    (problem,) = problems()
    expect(problem, f"TT_METAL_SIMULATOR is {simulator}, without a run.sh", "setup/environment.sh")


@pytest.mark.parametrize(
    "script, text",
    [
        ("echo 1.0", "1.0, but 2.2 is tested"),
        ("echo 'No module named framework'; exit 1", "does not import it (No module named framework)"),
    ],
)
def test_another_or_missing_wolfpine_is_found(simulator, script, text):
    python = Path(os.environ["WOLFPINE_PYTHON"])
    add_program(python, f"#!/bin/sh\n{script}\n")
    (problem,) = problems()
    expect(problem, text, f"{python} -m pip install wolfpine==2.2")


def test_a_python_for_wolfpine_that_is_not_there_is_found(simulator, monkeypatch):
    monkeypatch.setenv("WOLFPINE_PYTHON", "/nowhere/python")
    (problem,) = problems()
    expect(problem, "/nowhere/python does not import it (No such file or directory)", "WOLFPINE_PYTHON must name")


def test_a_simulator_without_its_variables_is_found(simulator, monkeypatch):
    monkeypatch.delenv("TT_METAL_SLOW_DISPATCH_MODE")
    (problem,) = problems()
    expect(problem, "TT_METAL_SLOW_DISPATCH_MODE not set", "./run COMMAND")


def test_a_sound_cache_is_fine_though_it_is_not_there_yet(monkeypatch, tmp_path):
    monkeypatch.setenv("TT_METAL_CACHE", str(tmp_path / "not" / "yet"))
    assert doctor.check_cache().is_ok
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_an_unwritable_cache_is_found(monkeypatch, tmp_path, number):
    def refuse(**_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setenv("TT_METAL_CACHE", str(tmp_path))
    monkeypatch.setattr(doctor.tempfile, "NamedTemporaryFile", refuse)
    expect(
        doctor.check_cache(), f"cannot be written ({os.strerror(number)})", "make it writable, or name another folder"
    )


def test_a_full_disk_is_found(monkeypatch, tmp_path):
    def refuse(**_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("TT_METAL_CACHE", str(tmp_path))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=100 * 2**20))
    expect(doctor.check_cache(), "100 MB free, needs 500 MB", "free some space")
    monkeypatch.setattr(doctor.tempfile, "NamedTemporaryFile", refuse)
    expect(doctor.check_cache(), "is full (No space left on device)", "free some space")


def test_the_cache_is_looked_for_where_ttnn_keeps_it(monkeypatch, tmp_path):
    monkeypatch.setenv("TT_METAL_CACHE", str(tmp_path))
    assert doctor.cache_folder() == tmp_path
    monkeypatch.delenv("TT_METAL_CACHE")
    monkeypatch.setenv("HOME", "/home/me")
    assert doctor.cache_folder() == Path("/home/me/.cache/tt-metal-cache")


def test_the_exit_status_tells_whether_something_was_found(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "list_cards", lambda: [])
    monkeypatch.setattr(doctor, "check_all", lambda: iter([doctor.Finding("a", "fine")]))
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("no problem found\n")
    monkeypatch.setattr(
        doctor, "check_all", lambda: iter([doctor.Finding("a", "fine"), doctor.Finding("b", "bad", "do")])
    )
    assert cli.main(["doctor"]) == 1
    assert capsys.readouterr().out.endswith("problem  b: bad; do\n\n1 problem found\n")


def test_with_a_card_the_way_to_ttnns_triage_is_shown(monkeypatch, capsys):
    monkeypatch.delenv("TT_METAL_SIMULATOR", raising=False)
    monkeypatch.delenv(triage.LAST_PLAN_VARIABLE, raising=False)
    monkeypatch.setattr(doctor, "list_cards", lambda: [Path("/dev/tenstorrent/0")])
    monkeypatch.setattr(doctor, "check_all", lambda: iter([]))
    cli.main(["doctor"])
    text = capsys.readouterr().out
    assert (
        "circular buffers: 0 input rows, 1 output rows, 2 gamma, 3 beta, 4 residual rows, 5 sum rows, 6 statistics"
        in text
    )
    assert f"{triage.LAST_PLAN_VARIABLE}=FILE" in text


def test_triage_is_that_of_the_installed_ttnn():
    ttnn = pytest.importorskip("ttnn")
    script = Path(ttnn.__file__).parents[1] / "triage" / "triage.py"
    text = triage.advice()
    assert f"{script} --run=dump_callstacks --run=dump_circular_buffers" in text
    for name in ("dump_callstacks", "dump_circular_buffers", "dump_semaphores"):
        assert (script.parent / f"{name}.py").is_file()


def test_without_triage_the_way_to_it_is_shown(monkeypatch):
    hide(monkeypatch, "triage")
    assert "pip install ttnn==0.81.1" in triage.advice()


def test_the_last_plan_is_shown_where_it_was_kept(monkeypatch, tmp_path):
    kept = tmp_path / "plan.txt"
    kept.write_text("circular buffers of every core\n  id  purpose\n")
    monkeypatch.setenv(triage.LAST_PLAN_VARIABLE, str(kept))
    assert triage.advice().endswith(f"the last plan, from {kept}:\n{kept.read_text()}")
    kept.unlink()
    assert "0 input rows" in triage.advice()


def test_the_command_runs_where_the_package_cannot_be_imported(tmp_path):
    """A planner that does not load must not keep the doctor from saying so."""
    package = tmp_path / "layernorm_fused_rm"
    package.mkdir()
    for file in doctor.PACKAGE.glob("*.py"):
        (package / file.name).write_text(file.read_text())
    (package / "_core.py").write_text("raise ImportError('libstdc++.so.6: version not found')\n")
    # -S -E: without the finder of an editable installation.
    command = [sys.executable, "-S", "-E", "-m", "layernorm_fused_rm", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert (
        "problem  planner (_core): does not import (libstdc++.so.6: version not found); install it again" in done.stdout
    )
    assert "problem  ttnn: is not installed; pip install ttnn==0.81.1" in done.stdout


def test_the_command_checks_this_installation():
    """All checks together, as a user runs them; what they find depends on the machine."""
    command = [sys.executable, "-m", "layernorm_fused_rm", "doctor"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok  ", "problem  "))]
    assert len(lines) >= 8, done.stdout + done.stderr
    assert done.returncode == (1 if any(line.startswith("problem") for line in lines) else 0)
