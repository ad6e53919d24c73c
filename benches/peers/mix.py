"""The texts that every engine reads, and what reading them costs in operations and bytes."""
from __future__ import annotations

import random
from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist, mean, median

TEXTS = 256
MEDIAN_TOKENS, SPREAD, LONGEST = 34, 0.75, 252
# [CLS] and [SEP].
SPECIAL = 2
# Single texts are timed at these lengths.
SINGLE_TOKENS = (12, 26, 92)
# Tokens that go through all layers together (docs/kernels.md).
WAVE = 96


def token_counts() -> list[int]:
    """Log-normal lengths at evenly spaced quantiles: the same on every machine, and no luck of a draw."""
    normal = NormalDist(log(MEDIAN_TOKENS), SPREAD)
    quantiles = (normal.inv_cdf((place + 0.5) / TEXTS) for place in range(TEXTS))
    counts = [min(LONGEST, max(SPECIAL + 1, round(exp(quantile)))) for quantile in quantiles]
    random.Random(1).shuffle(counts)
    return counts


def write_texts(vocabulary: dict[str, int]) -> list[str]:
    """Texts of random words that the vocabulary has whole, so that a word is a token."""
    words = sorted(word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 2)
    pick = random.Random(2)
    return [" ".join(pick.choices(words, k=count - SPECIAL)) for count in token_counts()]


@dataclass(frozen=True)
class Linear:
    """A linear layer of the trunk."""

    name: str
    inputs: int
    outputs: int

    @property
    def weights(self) -> int:
        return self.inputs * self.outputs

    def operations(self, tokens: int) -> int:
        return 2 * tokens * self.weights

    def bytes(self, tokens: int, weight_bytes: int, input_bytes: int) -> int:
        """Weights and activations, each moved once; what a layer writes is float32."""
        return self.weights * weight_bytes + tokens * (self.inputs * input_bytes + self.outputs * 4)


LAYERS, HIDDEN, INNER, LABELS = 6, 768, 3072, 2
LINEAR = (
    Linear("query, key, value", HIDDEN, 3 * HIDDEN),
    Linear("attention output", HIDDEN, HIDDEN),
    Linear("intermediate", HIDDEN, INNER),
    Linear("output", INNER, HIDDEN),
)
TRUNK_WEIGHTS = LAYERS * sum(layer.weights for layer in LINEAR)
WEIGHT_BYTES = {"int8": 1, "bf16": 2, "f32": 4}


def operations(tokens: int) -> dict[str, int]:
    """What one text costs, two operations a multiply-add; padding, softmax, norms and activations are not counted."""
    head = 2 * (HIDDEN * HIDDEN + HIDDEN * LABELS)
    return {
        "linear": 2 * tokens * TRUNK_WEIGHTS + head,
        # Queries by keys, and probabilities by values.
        "attention": LAYERS * 2 * (2 * tokens * tokens * HIDDEN),
    }


def intensity(precision: str, tokens: int, layers: tuple[Linear, ...] = LINEAR) -> float:
    """Operations for each byte moved."""
    size = WEIGHT_BYTES[precision]
    moved = sum(layer.bytes(tokens, size, size) for layer in layers)
    return sum(layer.operations(tokens) for layer in layers) / moved


def describe(counts: list[int]) -> dict:
    """The mix as a record holds it; GOP are 10^9 operations."""
    costs = [operations(count) for count in counts]
    linear, attention = (sum(cost[part] for cost in costs) / len(costs) / 1e9 for part in ("linear", "attention"))
    return {
        "texts": len(counts),
        "tokens": {"sum": sum(counts), "median": median(counts), "mean": round(mean(counts), 1), "max": max(counts)},
        "gop_per_text": {"linear": round(linear, 4), "attention": round(attention, 4), "sum": round(linear + attention, 4)},
        "gop_of_single": {str(n): round(sum(operations(n).values()) / 1e9, 4) for n in SINGLE_TOKENS},
        "trunk_weights": TRUNK_WEIGHTS,
    }
