# SPDX-License-Identifier: Apache-2.0
"""Examples that print figures give them: on fewer rows than they have of their own."""

from __future__ import annotations

import re

import numpy as np
import pytest

from examples import (
    accuracy_table,
    embedding_norm,
    embedding_to_matmul,
    errors,
    patched_model,
    prenorm_block,
    rows_over_chips,
    sentence_encoder,
    silu_to_rows,
)
from examples.minilm import MiniLM
from host_process import run_python
from layernorm_fused_rm.arrays import to_numpy
from levels import extended
from simulator import session

NEEDS_MATMUL = pytest.mark.skipif(session.is_vendors(), reason="ttnn.matmul does not run there")


@pytest.mark.extended  # half a minute, most of it in ttnn.linear
@NEEDS_MATMUL
def test_the_patched_model_is_as_exact_as_the_other_and_says_who_served_what(device):
    as_it_is, patched, served = patched_model.run(device, patched_model.SENTENCES[:1])
    assert all(patched[name] <= error < 0.1 for name, error in as_it_is.items())
    assert served.summary().splitlines()[:2] == [
        "ttnn.layer_norm: 2 served here, 0 by ttnn",
        "ttnn.rms_norm: 1 served here, 1 by ttnn",
    ]


@pytest.mark.parametrize("dtype", ["bfloat16", *extended("float32")])
def test_a_sentence_encoder_with_its_norms_on_the_device_ranks_as_in_float32(dtype, device):
    """Half a minute: 13 launches on 48 simulated cores each, which four sentences of four tokens need."""
    sentences = ("cats sleep", "kittens sleep", "banks lend", "loans cost")
    model = MiniLM.load()
    expected = sentence_encoder.encode(model, sentences)
    found = sentence_encoder.encode(model, sentences, device, sentence_encoder.DTYPES[dtype])
    assert len(model.norms) == 13 and (not found.programs or len(found.programs) == 13)
    assert sentence_encoder.cosines(expected, found).min() >= 0.9999
    for i in range(len(sentences)):
        assert found.ranking(i) == expected.ranking(i)
    sentence_encoder.print_comparison(sentences, expected, found)


@NEEDS_MATMUL
def test_a_prenorm_block_takes_its_sums_within_its_norms(device):
    block = prenorm_block.Block.draw(32, 64)
    before = len(session.programs())
    y, exact = to_numpy(prenorm_block.prepare_here(block, device)()), block.exact()
    assert len(session.programs()) - before == (5 if session.has_launcher() else 0)
    # Six tensors are rounded to bfloat16 on the way, the last one y.
    assert np.abs(y - exact).max() < 6 * 2.0**-9 * np.abs(exact).max()


@pytest.mark.extended  # half a minute each, most of it in ttnn's operations
@pytest.mark.parametrize("example", [pytest.param(embedding_to_matmul, marks=NEEDS_MATMUL), silu_to_rows])
def test_a_norm_with_another_layout_on_each_side_is_as_exact_as_conversions_around_ttnns(example, device):
    ours, with_ttnn = example.run(device, ("Rows are tiles.",)).values()
    assert ours <= with_ttnn


@pytest.mark.extended
@pytest.mark.skipif(session.is_vendors(), reason="ttnn's own pair does not run there")
def test_rows_over_chips_are_more_exact_than_ttnns(device):
    ours, with_ttnn = rows_over_chips.run(device).values()
    assert ours < with_ttnn


@pytest.mark.parametrize("mistake", errors.MISTAKES)
def test_a_common_mistake_is_answered_with_what_to_do_and_sends_nothing(mistake, names_of_errors, monkeypatch):
    for name in ("generic_op", "allocate_tensor_on_device", "reshape"):
        monkeypatch.setattr(errors.ttnn, name, lambda *_, **__: pytest.fail("something was sent to the device"))
    before = len(session.programs())
    text = str(errors.error_of(mistake, names_of_errors))
    # What was given and what is needed; what to do.
    assert re.fullmatch(r"layernorm_fused_rm: (.+, but .+|there is no argument .+; it is called .+); .+", text), text
    assert len(session.programs()) == before


@pytest.fixture(scope="module")
def names_of_errors(device):
    return errors.tensors(device)


def test_a_call_that_is_no_mistake_is_found_as_such(names_of_errors):
    with pytest.raises(RuntimeError, match="was not refused"):
        errors.error_of("norm(x, gamma, beta)", names_of_errors)


@pytest.mark.simulator
def test_the_demo_of_random_rows_prints_both_operations_and_draws_them(tmp_path):
    """So does ./demo of sentences: examples/normalise.py and picture.py are both's."""
    picture = tmp_path / "rows.png"
    done = run_python("-m", "examples.random_rows", "--rows", "2", "--width", "32", "--picture", str(picture))
    assert done.returncode == 0, done.stderr
    assert "N(0.5, 2): [2 x 32] bfloat16" in done.stdout and "ttnn.layer_norm" in done.stdout, done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_plan_is_shown_without_a_device():
    done = run_python("examples/show_plan.py", "--rows", "16", "--width", "64")
    assert done.returncode == 0, done.stderr
    assert re.search(r"the busiest core, \(\d+, \d+\), has 1 of 16 rows", done.stdout), done.stdout


def test_a_line_of_the_accuracy_table_is_measured(device):
    found = accuracy_table.measure("layer_norm", "bfloat16", (2, 64), accuracy_table.DISTRIBUTIONS["N(0, 1)"], device)
    assert found.share_correctly_rounded > 0.99


def test_the_demo_of_sentences_has_a_row_for_each_token():
    rows = embedding_norm.embed(("Rows are tiles.", "Cats sleep."))
    assert rows.x.shape == (len(rows.labels), 384) and "cats" in rows.labels
