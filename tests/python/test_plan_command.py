# SPDX-License-Identifier: Apache-2.0
"""The command `plan`, what it prints, and the plan as JSON. No device is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from layernorm_fused_rm import Options, Problem, TensorSpec, _core, cards, cli, plan, plan_command, plan_data

ROOT = Path(__file__).resolve().parents[2]
BFLOAT16, FLOAT32 = _core.DataType.BFLOAT16, _core.DataType.FLOAT32
TILE, ROW_MAJOR = _core.Layout.TILE, _core.Layout.ROW_MAJOR
L1 = _core.BufferType.L1

EVERYTHING = (
    "2x40x96 --norm rms --dtype float32 --layout tile --memory l1 --output-dtype bfloat16 --output-layout row_major "
    "--output-memory dram --gamma --beta --vector-dtype bfloat16 --vector-layout tile --vector-memory l1 "
    "--zero-centered-gamma --residual --residual-dtype bfloat16 --residual-layout row_major --residual-memory dram "
    "--return-sum --sum-dtype bfloat16 --sum-layout row_major --return-statistics --activation silu --epsilon 1e-6 "
    "--chip blackhole --grid 11x10 --l1-bytes 1000000"
)


def problem_of(text: str) -> Problem:
    options = cli._parser().parse_args(["plan", *text.split()])
    return plan_command.problem_of(options, cards.card(options.chip, grid=options.grid, l1_bytes=options.l1_bytes))


def run(capsys, text: str) -> str:
    """What the command prints."""
    assert cli.main(["plan", *text.split()]) == 0
    return capsys.readouterr().out


def test_the_text_is_the_plans_own(capsys):
    vector = TensorSpec(shape=[512])
    problem = Problem(input=TensorSpec(shape=[256, 512]), gamma=vector, beta=vector, device=cards.card("wormhole"))
    assert run(capsys, "256x512 --gamma --beta") == plan(problem).describe() + "\n"


def test_every_option_reaches_the_problem():
    matrix = {"shape": [2, 40, 96]}
    vector = {"shape": [1, 96], "padded_shape": [32, 96], "layout": TILE, "buffer_type": L1}
    assert problem_of(EVERYTHING) == Problem(
        input=TensorSpec(**matrix, padded_shape=[2, 64, 96], dtype=FLOAT32, layout=TILE, buffer_type=L1),
        residual=TensorSpec(**matrix),
        gamma=TensorSpec(**vector),
        beta=TensorSpec(**vector),
        options=Options(
            norm=_core.Norm.RMS,
            epsilon=1e-6,
            zero_centered_gamma=True,
            activation=_core.Activation.SILU,
            return_sum=True,
            sum_dtype=BFLOAT16,
            return_statistics=True,
            dtype=BFLOAT16,
            layout=ROW_MAJOR,
            sum_layout=ROW_MAJOR,
            memory_config=_core.MemoryConfig(buffer_type=_core.BufferType.DRAM),
        ),
        device=cards.card("blackhole", grid=(11, 10), l1_bytes=1_000_000),
    )


def test_the_test_of_every_option_names_every_option(capsys):
    with pytest.raises(SystemExit):
        cli.main(["plan", "--help"])
    text = capsys.readouterr().out
    named = {word.strip(",") for word in text.partition("examples:")[0].split() if word.startswith("--")}
    shown = {"--help", "--json", "--svg", "--html"}
    halves = {"--before-all-gather", "--after-all-gather"}  # do not go with each other, nor with all of a call
    assert named - shown - halves == {word for word in EVERYTHING.split() if word.startswith("--")}
    assert "python -m layernorm_fused_rm plan 256x512 --gamma --beta" in text


def test_the_halves_of_a_norm_have_stats(capsys, tmp_path):
    before = problem_of("2x40x96 --dtype float32 --layout tile --before-all-gather")
    assert before.options == Options(stage=_core.Stage.PRE_ALL_GATHER) and before.stats is None
    after = problem_of("2x40x96 --memory l1 --norm rms --after-all-gather 3")
    assert after.options == Options(norm=_core.Norm.RMS, stage=_core.Stage.POST_ALL_GATHER)
    assert after.stats == TensorSpec(shape=[2, 40, 12], dtype=FLOAT32, buffer_type=_core.BufferType.L1)
    for half in ("--before-all-gather", "--after-all-gather 3"):
        assert run(capsys, f"40x96 {half} --svg {tmp_path / 'plan.svg'}")
        assert run(capsys, f"40x96 {half} --html {tmp_path / 'plan.html'}")


def test_what_is_left_away_is_the_inputs():
    problem = problem_of("40x96 --dtype float32 --layout tile --memory l1 --residual --gamma")
    assert problem.residual == problem.input
    assert problem.gamma == TensorSpec(shape=[96], dtype=FLOAT32)
    assert problem.beta is None and problem.options == Options()


@pytest.mark.parametrize("line", [line for line in plan_command.EXAMPLES.splitlines() if " plan " in line])
def test_the_examples_of_the_help_work(capsys, monkeypatch, tmp_path, line):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, line.partition(" plan ")[2].partition(" | ")[0])


@pytest.mark.parametrize(
    "names, values",
    [
        (plan_command.LAYOUTS, _core.Layout),
        (plan_command.MEMORIES, _core.BufferType),
        (plan_command.NORMS, _core.Norm),
        (plan_command.ACTIVATIONS, _core.Activation),
        (plan_command.CHIPS, _core.Arch),
    ],
    ids=lambda values: getattr(values, "__name__", ""),
)
def test_the_choices_are_the_planners_values(names, values):
    assert list(names) == [value.name.lower() for value in values if value.name not in ("OTHER", "NONE")]


def test_the_data_types_are_those_that_the_planner_takes():
    def is_planned(dtype) -> bool:
        problem = Problem(input=TensorSpec(shape=[3, 64], dtype=dtype), device=cards.card("wormhole"))
        try:
            return bool(plan(problem))
        except ValueError:
            return False

    assert list(plan_command.DTYPES) == [dtype.name.lower() for dtype in _core.DataType if is_planned(dtype)]


@pytest.mark.parametrize(
    "text, words",
    [
        ("3x64 --sum-dtype float32", "pass return_sum=True, or no sum_dtype"),
        ("3x64 --svg /nowhere/plan.svg", "No such file or directory"),
        ("3x64 --html /nowhere/plan.html", "No such file or directory"),
        ("3x0", "0"),
    ],
)
def test_a_call_that_there_is_not_is_refused_in_a_line(capsys, text, words):
    assert cli.main(["plan", *text.split()]) == 2
    printed = capsys.readouterr()
    assert words in printed.err and printed.err.count("\n") == 1 and not printed.out


@pytest.mark.parametrize("text, words", [("3y64", "no shape such as 256x512"), ("3x64 --grid 8", "no grid such as")])
def test_what_is_no_number_is_refused(capsys, text, words):
    with pytest.raises(SystemExit) as end:
        cli.main(["plan", *text.split()])
    assert end.value.code == 2 and words in capsys.readouterr().err


def test_without_a_planner_the_doctor_is_named(capsys, monkeypatch):
    import layernorm_fused_rm

    monkeypatch.delattr(layernorm_fused_rm, "_core")
    monkeypatch.setitem(sys.modules, "layernorm_fused_rm._core", None)
    assert cli.main(["plan", "3x64"]) == 2
    assert "python -m layernorm_fused_rm doctor" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-m", "layernorm_fused_rm"], [str(Path(sys.executable).with_name("layernorm-fused-rm"))]],
    ids=["module", "script"],
)
def test_the_command_imports_no_ttnn(command):
    """Which takes seconds, and is not there on every machine that plans."""
    program = [sys.executable, "-X", "importtime", *(command[1:] if command[0] == sys.executable else command)]
    done = subprocess.run([*program, "plan", "3x64"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("layernorm_fused_rm: 3 rows of 64 elements\n"), done.stderr
    assert "layernorm_fused_rm.plan_command" in done.stderr and "ttnn._ttnn" not in done.stderr


@pytest.mark.parametrize("text", ["256x512 --gamma --beta", "1x8192", "32x1024 --layout tile --gamma", EVERYTHING])
def test_json_says_what_the_plan_does(capsys, text):
    planned = plan(problem_of(text))
    data = json.loads(run(capsys, f"{text} --json"))
    assert data == json.loads(planned.describe_json()) == plan_data.as_dict(planned)
    for name in ("chip", "rows", "rows_per_matrix", "l1_bytes_used", "l1_bytes_budget", "core_arguments"):
        assert data[name] == getattr(planned, name)
    for core, work in zip(data["cores"], planned.cores, strict=True):
        assert core["core"] == list(work.core) and core["rows"] == work.rows and core["slice"] == work.slice
        assert core["team"] == [list(place) for place in work.team]
        assert [run["count"] for run in core["runs"]] == [run.count for run in work.runs]
    for buffer, bound in zip(data["buffers"], planned.buffers, strict=True):
        assert (buffer["purpose"], buffer["bytes"]) == (bound.purpose, bound.bytes)
    assert list(data["compile_time_arguments"].items()) == planned.compile_time_arguments
    assert (data["sharing"] is None) == (planned.sharing is None)


def test_json_names_tensors_and_enums(capsys):
    tensors = json.loads(run(capsys, "40x96 --layout tile --output-layout row_major --gamma --memory l1 --json"))[
        "tensors"
    ]
    assert set(tensors) == {"input", "gamma", "output"}
    assert (tensors["input"]["layout"], tensors["output"]["layout"]) == ("tile", "row_major")
    assert (tensors["input"]["buffer_type"], tensors["gamma"]["dtype"]) == ("l1", "bfloat16")


@pytest.mark.parametrize("chip", plan_command.CHIPS)
def test_a_card_is_that_of_the_simulator(chip):
    """The one that examples and figures are about: its grid, as benchmarks/chips.py has it."""
    from benchmarks import chips

    device = cards.card(chip)
    assert device.grid == chips.CHIPS[chip.capitalize()].grid
    assert device.l1_banks == chips.CHIPS[chip.capitalize()].cores == len(device.workers)


def test_an_unknown_card_is_refused():
    with pytest.raises(ValueError, match="pass one of wormhole, blackhole"):
        cards.card("quasar")
