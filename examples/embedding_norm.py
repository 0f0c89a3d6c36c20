# SPDX-License-Identifier: Apache-2.0
"""The embedding LayerNorm of a real sentence encoder, all-MiniLM-L6-v2, on the device.

    ./demo                                  or    ./run python -m examples.embedding_norm

Sentences -> token ids -> word + position + type embeddings -> [tokens, 384] -> LayerNorm with the model's own gamma,
beta and epsilon. Only the model's files are read (weights, vocabulary, configuration); no torch, no transformers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from examples.minilm import FIRST_NORM, MiniLM, tokenise
from examples.normalise import NamedRows, run_and_show
from layernorm_fused_rm import reference
from simulator import session

PICTURE = Path(__file__).resolve().parents[1] / ".cache" / "demo" / "embedding_norm.png"

SENTENCES = (
    "A row of a row-major tensor is already a tile.",
    "Nothing has to be tilized before, and nothing untilized after.",
    "The cat sat on the mat, and the mat did not mind.",
    "How many simulated cycles does a layer normalisation take?",
)


def embed(sentences: tuple[str, ...]) -> NamedRows:
    """The embeddings of all tokens, one row a token, as the encoder's first LayerNorm gets them."""
    model, encoded = MiniLM.load(), tokenise(sentences)
    return NamedRows(
        name=f"all-MiniLM-L6-v2, {FIRST_NORM}",
        x=reference.round_to_bfloat16(model.embed(encoded)),
        gamma=reference.round_to_bfloat16(model.state[f"{FIRST_NORM}.weight"]),
        beta=reference.round_to_bfloat16(model.state[f"{FIRST_NORM}.bias"]),
        epsilon=model.epsilon,
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
