# SPDX-License-Identifier: Apache-2.0
"""What a user reads when the installation, not the call, is at fault."""

from __future__ import annotations

import re
import subprocess
import sys
import types
import warnings
from pathlib import Path

import pytest

from layernorm_fused_rm import doctor, ttnn_version

ROOT = Path(__file__).resolve().parents[2]
DOCTOR = "to check the installation: python -m layernorm_fused_rm doctor"


def fake_ttnn(without: str = "") -> types.SimpleNamespace:
    fake = types.SimpleNamespace()
    for name in ttnn_version._NEEDED:
        holder, _, method = name.rpartition(".")
        if holder:
            setattr(fake, holder, getattr(fake, holder, types.SimpleNamespace()))
        if name != without:
            setattr(getattr(fake, holder) if holder else fake, method, None)
    return fake


@pytest.mark.parametrize("version", [ttnn_version.OLDEST_TESTED, "0.80.0", ttnn_version.TESTED_VERSION])
def test_a_tested_ttnn_is_accepted_without_a_word(monkeypatch, version):
    monkeypatch.setattr(ttnn_version, "version_of", lambda package: version)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ttnn_version.check(fake_ttnn())


@pytest.mark.parametrize("version", ["0.78.0", "0.81.2", "0.82", "0.99.0", "1.0.0", "unknown"])
def test_another_ttnn_is_warned_about_with_both_versions_and_the_remedy(monkeypatch, version):
    monkeypatch.setattr(ttnn_version, "version_of", lambda package: version)
    with pytest.warns(RuntimeWarning) as caught:
        ttnn_version.check(fake_ttnn())
    text = str(caught[0].message)
    assert text.startswith(f"layernorm_fused_rm: ttnn {version} is installed, but 0.79.0 to 0.81.1 is what this is")
    assert "pip install ttnn==0.81.1" in text


@pytest.mark.parametrize(
    "version, lacks", [("0.50.0", "generic_op"), ("0.78.0", "MeshDevice.dram_core_from_logical_core")]
)
def test_a_ttnn_without_what_is_needed_is_refused_by_name(monkeypatch, version, lacks):
    monkeypatch.setattr(ttnn_version, "version_of", lambda package: version)
    with pytest.raises(ImportError) as caught:
        ttnn_version.check(fake_ttnn(without=lacks))
    assert str(caught.value) == (
        f"layernorm_fused_rm: ttnn {version} has no {lacks}; needs ttnn 0.79.0 to 0.81.1; pip install ttnn==0.81.1"
    )


def test_everything_the_package_takes_from_ttnn_is_looked_for():
    """But for what every ttnn has: the operations that ours are beside, or go with, and what opens a device for the command
    `run`.
    """
    used = set()
    for path in (ROOT / "python" / "layernorm_fused_rm").glob("*.py"):
        used |= set(
            re.findall(r"\bttnn\.([a-z_]+_[a-z_0-9]+|[A-Z]\w+Descriptor|RuntimeArgs|StorageType)\(", path.read_text())
        )
    ours = {name for name in used if "norm_fused_rm" in name}
    everywhere = {"to_layout", "to_device", "open_device", "close_device", "all_gather"}
    assert used - set(ttnn_version._NEEDED) - ours - everywhere == set()


def test_another_ttnn_is_warned_about_once_at_import():
    pytest.importorskip("ttnn")
    script = (
        "import importlib.metadata as m, warnings; real = m.version\n"
        "m.version = lambda name: '0.99.0' if name == 'ttnn' else real(name)\n"
        "warnings.simplefilter('always')\n"
        "import layernorm_fused_rm, layernorm_fused_rm.op, ttnn; ttnn.layernorm_fused_rm"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ttnn 0.99.0 is installed") == 1


# Launches that fail in ttnn. The texts are ttnn 0.81.1's own, tried on the simulated device.
def ttnn_error(reason: str) -> RuntimeError:
    return RuntimeError(
        f"TT_THROW @ /project/tt_metal/impl/program/program.cpp:419: tt::exception\ninfo:\n{reason}\nbacktrace:\n --- x"
    )


@pytest.fixture
def launch_error(monkeypatch):
    """The error of a launch for which ttnn raises one."""
    ttnn = pytest.importorskip("ttnn")
    from test_threads import FakeTensor, as_tensors, make_program

    from layernorm_fused_rm import program

    monkeypatch.setattr(program, "free_l1_bytes", lambda device: 1_000_000)  # it is not that L1 is full

    def error_of(raised: Exception) -> RuntimeError:
        def fail(tensors, descriptor):
            raise raised

        monkeypatch.setattr(ttnn, "generic_op", fail)
        with pytest.raises(RuntimeError) as caught:
            make_program().run(**as_tensors([FakeTensor(i) for i in range(4)]))
        assert caught.value.__cause__ is raised
        return caught.value

    return error_of


@pytest.fixture
def sound_installation(monkeypatch):
    """Checks that find nothing; a test replaces one."""
    monkeypatch.setattr(doctor, "check_cache", lambda: doctor.Finding("kernel cache", "fine"))
    monkeypatch.setattr(doctor, "check_compiler", lambda: doctor.Finding("compiler", "fine"))


def test_a_launch_that_fails_says_what_ttnn_says_without_its_backtrace(launch_error, sound_installation):
    assert str(launch_error(ttnn_error("Failed to generate binaries for compute"))) == (
        "layernorm_fused_rm: ttnn could not build or start the program (Failed to generate binaries for compute); "
        + DOCTOR
    )


def test_an_rms_norm_that_fails_says_so_in_its_own_name(sound_installation, monkeypatch):
    ttnn = pytest.importorskip("ttnn")
    from test_threads import FakeTensor, as_tensors, build, make_problem

    from layernorm_fused_rm import _core, program

    def fail(tensors, descriptor):
        raise ttnn_error("compute build failed")

    monkeypatch.setattr(ttnn, "generic_op", fail)
    monkeypatch.setattr(program, "free_l1_bytes", lambda device: 1_000_000)
    problem = make_problem(4)
    rms = _core.Problem(
        input=problem.input, gamma=problem.gamma, options=_core.Options(norm=_core.Norm.RMS), device=problem.device
    )
    tensors = as_tensors([FakeTensor(i) for i in range(4)]) | {"beta": None}
    with pytest.raises(RuntimeError, match="^rms_norm_fused_rm: ttnn could not build or start the program"):
        build(rms).run(**tensors)


def test_an_error_without_a_text_is_named_by_its_type(launch_error, sound_installation):
    assert "the program (MemoryError); " in str(launch_error(MemoryError()))


def test_an_unwritable_cache_is_named_at_the_first_call(launch_error, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TT_METAL_CACHE", str(tmp_path / "file" / "cache"))
    text = str(
        launch_error(ttnn_error("filesystem error: cannot create directories: Not a directory [/cache/kernels/]"))
    )
    assert "kernel cache: " in text and "cannot be written (Not a directory)" in text
    assert "make it writable, or name another folder: export TT_METAL_CACHE=FOLDER" in text
    assert text.endswith(DOCTOR)


def test_a_full_disk_is_named_at_the_first_call(launch_error, monkeypatch, tmp_path):
    monkeypatch.setenv("TT_METAL_CACHE", str(tmp_path))
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: types.SimpleNamespace(free=0))
    text = str(launch_error(ttnn_error("Failed to write file: /cache/kernels/compute/1/named_args_generated.h")))
    assert "kernel cache: " in text and "0 MB free, needs 500 MB; free some space" in text


def test_a_missing_compiler_is_named_at_the_first_call(launch_error, monkeypatch, tmp_path):
    monkeypatch.setenv("TT_METAL_RUNTIME_ROOT", str(tmp_path))
    monkeypatch.setattr(doctor, "SFPI_FOLDER", tmp_path / "opt")
    text = str(launch_error(ttnn_error("compute build failed")))
    assert f"compiler: no {tmp_path}/runtime/sfpi/compiler/bin/riscv-tt-elf-g++" in text
    assert "install Tenstorrent's sfpi package" in text


def test_an_interrupt_stays_an_interrupt(monkeypatch):
    ttnn = pytest.importorskip("ttnn")
    from test_threads import FakeTensor, as_tensors, make_program

    def interrupt(tensors, descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(ttnn, "generic_op", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_program().run(**as_tensors([FakeTensor(i) for i in range(4)]))
