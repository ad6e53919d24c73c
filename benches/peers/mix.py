"""The texts that every engine reads, and what reading them costs."""
from __future__ import annotations

import random
from math import exp, log
from statistics import NormalDist, mean, median

from shapes import Shape

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


def write_texts(words: list[str]) -> list[str]:
    """Texts of random words that a vocabulary has whole, so that a word is a token."""
    pick = random.Random(2)
    return [" ".join(pick.choices(words, k=count - SPECIAL)) for count in token_counts()]


def describe(shape: Shape, counts: list[int]) -> dict:
    """The mix as a record holds it; GOP are 10^9 operations."""
    costs = [shape.operations(count) for count in counts]
    linear, attention = (sum(cost[part] for cost in costs) / len(costs) / 1e9 for part in ("linear", "attention"))
    return {
        "texts": len(counts),
        "tokens": {"sum": sum(counts), "median": median(counts), "mean": round(mean(counts), 1), "max": max(counts)},
        "gop_per_text": {"linear": round(linear, 4), "attention": round(attention, 4), "sum": round(linear + attention, 4)},
        "gop_of_single": {str(n): round(sum(shape.operations(n).values()) / 1e9, 4) for n in SINGLE_TOKENS},
        "trunk_weights": shape.trunk_weights,
    }
