# SPDX-License-Identifier: Apache-2.0
"""The sentence encoder in numpy is the model that it is named after, and its norms matter. No device is needed."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tokenizers")

from examples.minilm import MiniLM

# https://sbert.net/docs/quickstart.html, "Sentence Transformer": what all-MiniLM-L6-v2 gives with PyTorch.
SENTENCES = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
SIMILARITIES = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM.load()


def test_similarities_are_those_that_the_models_authors_print(model):
    vectors = model.encode(SENTENCES, model.norm)
    assert np.abs(vectors @ vectors.T - SIMILARITIES).max() < 0.5e-4 + 1e-6


def test_each_of_the_13_norms_is_called_once_and_in_order(model):
    called = []
    model.encode(SENTENCES[:1], lambda name, x, residual: called.append(name) or model.norm(name, x, residual))
    assert called == model.norms and len(called) == 13


@pytest.mark.parametrize("name", [0, 1, 12])
def test_a_norm_that_forgets_its_beta_is_seen_in_the_vectors(model, name):
    """So cosines of 0.9999 say something of each norm."""
    wrong = model.norms[name]

    def forgetful(name, x, residual):
        y = model.norm(name, x, residual)
        return y - model.state[f"{name}.bias"] if name == wrong else y

    vectors, expected = model.encode(SENTENCES, forgetful), model.encode(SENTENCES, model.norm)
    assert np.sum(vectors * expected, axis=1).max() < 0.9999
