# SPDX-License-Identifier: Apache-2.0
"""Examples that print figures give them: on fewer rows than they have of their own."""

from __future__ import annotations

import pytest

from examples import patched_model, sentence_encoder
from examples.minilm import MiniLM
from simulator import session


@pytest.mark.extended  # half a minute, most of it in ttnn.linear
@pytest.mark.skipif(session.is_vendors(), reason="ttnn.matmul does not run there")
def test_the_patched_model_is_as_exact_as_the_other_and_says_who_served_what(device):
    as_it_is, patched, served = patched_model.run(device, patched_model.SENTENCES[:1])
    assert all(patched[name] <= error < 0.1 for name, error in as_it_is.items())
    assert served.summary().splitlines()[:2] == [
        "ttnn.layer_norm: 2 served here, 0 by ttnn",
        "ttnn.rms_norm: 1 served here, 1 by ttnn",
    ]


@pytest.mark.parametrize(
    ("sentences", "dtype"),
    [
        (("cats sleep", "kittens sleep", "banks lend"), "bfloat16"),
        pytest.param(sentence_encoder.SENTENCES, "float32", marks=pytest.mark.extended),
    ],
)
@pytest.mark.timeout(600)  # 13 launches on some 50 simulated cores: half a minute, on a busy machine some
def test_a_sentence_encoder_with_its_norms_on_the_device_ranks_as_in_float32(sentences, dtype, device):
    model = MiniLM.load()
    expected = sentence_encoder.encode(model, sentences)
    found = sentence_encoder.encode(model, sentences, device, sentence_encoder.DTYPES[dtype])
    assert len(model.norms) == 13 and (not found.programs or len(found.programs) == 13)
    assert sentence_encoder.cosines(expected, found).min() >= 0.9999
    for i in range(len(sentences)):
        assert found.ranking(i) == expected.ranking(i)
    sentence_encoder.print_comparison(sentences, expected, found)
