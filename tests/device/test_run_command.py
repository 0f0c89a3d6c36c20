# SPDX-License-Identifier: Apache-2.0
"""The command `run`: the call is the one that its options describe, as for `plan`, and its results are judged."""

from __future__ import annotations

import pytest

from host_process import run_python
from layernorm_fused_rm import cli, op, plan, plan_command, plan_data, run_command

EVERYTHING = (
    "2x40x96 --norm layer --dtype float32 --layout tile --memory l1 --output-dtype bfloat16 --output-layout row_major "
    "--output-memory dram --gamma --beta --vector-dtype bfloat16 --vector-layout tile --vector-memory l1 "
    "--zero-centered-gamma --residual --residual-dtype bfloat16 --residual-layout row_major --residual-memory dram "
    "--return-sum --sum-dtype bfloat16 --sum-layout row_major --return-statistics --activation silu --epsilon 1e-6 "
    "--seed 7 --device-id 0"
)


def options_of(text: str):
    return cli._parser().parse_args(["run", *text.split()])


@pytest.mark.parametrize("text", ["64x256 --gamma --beta", EVERYTHING])
def test_a_call_is_run_and_judged(device, text):
    outcome = run_command.measure(options_of(text), device)
    assert outcome.faults == []
    assert outcome.lines[0].startswith("layernorm_fused_rm: ") and "correctly rounded" in "\n".join(outcome.lines)
    named = {line.partition(":")[0] for line in outcome.lines}
    assert named >= ({"y", "sum", "mean", "rstd"} if text is EVERYTHING else {"y"})


def what_is_planned(problem) -> dict:
    """All of its plan; of tensors what options say, but not how ttnn has stored them."""
    data = plan_data.as_dict(plan(problem))
    said = ("shape", "dtype", "layout", "buffer_type")
    return data | {"tensors": {name: [spec[key] for key in said] for name, spec in data["tensors"].items()}}


@pytest.mark.parametrize("text", ["64x256 --gamma --beta", "96 --gamma --layout tile --norm rms", EVERYTHING])
def test_it_is_the_call_that_plan_shows(device, monkeypatch, text):
    """The plan of the tensors that are made is that of the options."""
    posed = []
    make_problem = op.make_problem

    def pose(*tensors, **keywords):
        posed.append(make_problem(*tensors, **keywords))
        raise StopIteration

    monkeypatch.setattr(op, "make_problem", pose)
    with pytest.raises(StopIteration):
        run_command.measure(options_of(text), device)
    shown = plan_command.problem_of(options_of(text), posed[0].device)
    assert what_is_planned(shown) == what_is_planned(posed[0])


def test_the_test_of_every_option_names_every_option():
    words = {word for word in EVERYTHING.split() if word.startswith("--")}
    assert vars(options_of(EVERYTHING)).keys() - {"shape", "command", "run"} == {
        word[2:].replace("-", "_") for word in words
    }


def test_a_wrong_result_is_found(device, monkeypatch):
    monkeypatch.setattr(run_command, "_operation", lambda options: op.rms_norm_fused_rm)
    outcome = run_command.measure(options_of("64x256 --gamma --beta"), device)
    assert len(outcome.faults) == 1 and outcome.faults[0].startswith("y is further from float64")


def test_a_wrong_result_is_status_1(capsys, monkeypatch):
    import ttnn

    monkeypatch.setattr(ttnn, "open_device", lambda device_id: device_id)
    monkeypatch.setattr(ttnn, "close_device", lambda device: None)
    monkeypatch.setattr(run_command, "measure", lambda options, device: run_command.Outcome(["y: far off"], ["y is"]))
    assert cli.main(["run", "3x64"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "y: far off\n" and printed.err == "y is\n"


def test_what_there_is_not_is_refused_before_a_device_is_opened(capsys, monkeypatch):
    import ttnn

    monkeypatch.setattr(ttnn, "open_device", None)
    assert cli.main(["run", "3x64", "--sum-dtype", "float32"]) == 2
    assert "pass return_sum=True, or no sum_dtype" in capsys.readouterr().err


@pytest.mark.simulator
def test_cycles_are_printed_under_run(monkeypatch):
    from simulator import session

    monkeypatch.setenv(session.COST_MODEL_VARIABLE, "1")
    done = run_python("-m", "layernorm_fused_rm", "run", "3x64")
    assert done.returncode == 0, done.stderr
    assert "simulated cycles: " in done.stdout and "on a simulated " in done.stdout
