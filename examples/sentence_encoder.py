# SPDX-License-Identifier: Apache-2.0
"""A sentence encoder whose every norm runs on the device: the 13 LayerNorms of all-MiniLM-L6-v2, 12 with a residual.

    ./run python -m examples.sentence_encoder [--dtype float32] [QUERY SENTENCE...]

Ranks sentences by their similarity to the first one, beside the same encoder in float32. The rest of the encoder
(minilm.py) runs on the host in numpy float32 both times, so what differs is the norms. Takes a minute or two: a
simulated norm takes some seconds.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import ttnn
from rich.console import Console
from rich.table import Table

import layernorm_fused_rm
from examples.minilm import MiniLM, tokenise
from layernorm_fused_rm.arrays import to_device, to_numpy
from simulator import session

SENTENCES = (
    "Normalise each row.",
    "The cat sat.",
    "Scale every line.",
    "Memory has banks.",
    "A kitten sleeps.",
)
DTYPES = {"float32": ttnn.float32, "bfloat16": ttnn.bfloat16}


class NormsOnDevice:
    """Every norm of a model, with its weights on the device. What a norm gets and gives is of `dtype`."""

    def __init__(self, model: MiniLM, device, dtype):
        self.device, self.dtype, self.programs = device, dtype, []
        self.layers = {
            name: layernorm_fused_rm.LayerNorm.from_state_dict(
                model.state, name, device=device, epsilon=model.epsilon, dtype=dtype
            )
            for name in model.norms
        }

    def __call__(self, name: str, x: np.ndarray, residual: np.ndarray | None) -> np.ndarray:
        put = lambda values: None if values is None else to_device(values, self.device, dtype=self.dtype)
        before = len(session.programs())
        y = to_numpy(self.layers[name](put(x), residual=put(residual)))  # LayerNorm(x + residual)
        launched = session.programs()[before:]
        self.programs += launched
        print(
            f"  {name}", *(f"{one.cycles:,} simulated cycles" for one in launched if session.has_cycles()), flush=True
        )
        return y


@dataclass(frozen=True)
class Encoded:
    """Vectors of sentences, and the programs that it took on the device."""

    vectors: np.ndarray
    programs: tuple[session.Program, ...] = ()

    @property
    def similarities(self) -> np.ndarray:
        """[sentences, sentences]: cosines, since vectors have length 1."""
        return self.vectors @ self.vectors.T

    def ranking(self, query: int = 0) -> list[int]:
        """The other sentences, the most similar first."""
        order = np.argsort(-self.similarities[query], kind="stable")
        return [int(i) for i in order if i != query]


def encode(model: MiniLM, sentences: Sequence[str], device=None, dtype=None) -> Encoded:
    """With norms on a device, or in float32 on the host where there is none."""
    if device is None:
        return Encoded(model.encode(sentences, model.norm))
    norms = NormsOnDevice(model, device, dtype)
    return Encoded(model.encode(sentences, norms), tuple(norms.programs))


def cosines(one: Encoded, other: Encoded) -> np.ndarray:
    """Of each sentence, between its two vectors."""
    return np.sum(one.vectors.astype(np.float64) * other.vectors, axis=1)


def print_comparison(sentences: Sequence[str], expected: Encoded, found: Encoded) -> None:
    table = Table(title=f'similarity to "{sentences[0]}"')
    for heading in ("sentence", "float32", "rank", "here", "rank", "cosine"):
        table.add_column(heading, justify="left" if heading == "sentence" else "right")
    rank = lambda one, i: str(one.ranking().index(i) + 1)
    cosine = cosines(expected, found)
    table.add_row(sentences[0], "", "", "", "", f"{cosine[0]:.6f}")
    for i in expected.ranking():
        both = ((f"{one.similarities[0, i]:.4f}", rank(one, i)) for one in (expected, found))
        table.add_row(sentences[i], *itertools.chain(*both), f"{cosine[i]:.6f}")
    Console(width=100).print(table)
    print("cosine: between a sentence's vector in float32 and its vector here.")
    if session.has_cycles():
        cycles = sum(program.cycles for program in found.programs)
        print(f"{len(found.programs)} norms on the device, {cycles:,} simulated cycles in all.")
    print("The rest is the host's: tokens, embeddings, attention, feed-forward and the mean over tokens.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sentences", nargs="*", help="a query and what to rank; five of ours by default")
    parser.add_argument("--dtype", choices=DTYPES, default="bfloat16", help="of the norms (default: %(default)s)")
    options = parser.parse_args()
    sentences = tuple(options.sentences) or SENTENCES
    if len(sentences) < 2:
        parser.error("one sentence is given, but a query and at least one more are needed; pass both")
    model = MiniLM.load()
    with session.open_device() as device:
        rows, width = model.embed(tokenise(sentences)).shape
        print(f"[{rows} x {width}] {options.dtype} through {len(model.norms)} norms")
        found = encode(model, sentences, device, DTYPES[options.dtype])
    print_comparison(sentences, encode(model, sentences), found)
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
