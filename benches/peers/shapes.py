"""The networks that are timed, each as wide as a published base model, and what they cost in operations and bytes."""
from __future__ import annotations

from dataclasses import dataclass

WEIGHT_BYTES = {"int8": 1, "bf16": 2, "f32": 4}


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


HIDDEN, INNER, LABELS = 768, 3072, 2
ATTENTION = (Linear("query, key, value", HIDDEN, 3 * HIDDEN), Linear("attention output", HIDDEN, HIDDEN))
PLAIN = (*ATTENTION, Linear("intermediate", HIDDEN, INNER), Linear("output", INNER, HIDDEN))
# The first of the two is twice as wide as the second: one half gates the other.
GATED = (*ATTENTION, Linear("intermediate, gated", HIDDEN, 2 * 1152), Linear("output", 1152, HIDDEN))


@dataclass(frozen=True)
class Shape:
    """`config` and `tiny` in transformers' words; `windows` are the tokens that each layer's attention sees, 0 for all."""

    title: str
    model_type: str
    config: dict
    tiny: dict
    linear: tuple[Linear, ...]
    windows: tuple[int, ...]
    # The published tokenizer is byte-level; else the bundled model's words are taken.
    byte_level: bool
    # How many times the last layer's random weights are enlarged, so that texts get different scores.
    amplified: float
    # What CTranslate2, which has no place for a head, is given one of: its two layers by name, and the function between them.
    head: tuple[str, str, str] | None
    # Whether ONNX Runtime's optimizer knows this attention.
    fused: bool = True

    @property
    def layers(self) -> int:
        return len(self.windows)

    @property
    def trunk_weights(self) -> int:
        return self.layers * sum(layer.weights for layer in self.linear)

    def operations(self, tokens: int) -> dict[str, int]:
        """What one text costs, two operations a multiply-add; padding, softmax, norms and activations are not counted."""
        head = 2 * (HIDDEN * HIDDEN + HIDDEN * LABELS)
        # Queries by keys, and probabilities by values.
        pairs = sum(seen(tokens, window) for window in self.windows)
        return {"linear": 2 * tokens * self.trunk_weights + head, "attention": 2 * 2 * pairs * HIDDEN}

    def intensity(self, precision: str, tokens: int, layers: tuple[Linear, ...] | None = None) -> float:
        """Operations for each byte moved; of the whole layer where none is named."""
        size, layers = WEIGHT_BYTES[precision], layers or self.linear
        moved = sum(layer.bytes(tokens, size, size) for layer in layers)
        return sum(layer.operations(tokens) for layer in layers) / moved


def seen(tokens: int, window: int) -> int:
    """Pairs of tokens of which one attends to the other."""
    if not window:
        return tokens * tokens
    half = window // 2
    return sum(min(tokens - 1, at + half) - max(0, at - half) + 1 for at in range(tokens))


SMALL = {"num_hidden_layers": 1, "num_attention_heads": 1, "hidden_size": 16, "intermediate_size": 16}
SPECIAL_IDS = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
SHAPES = {
    "distilbert": Shape(
        title="DistilBERT",
        model_type="distilbert",
        config={},
        tiny={"n_layers": 1, "n_heads": 1, "dim": 16, "hidden_dim": 16},
        linear=PLAIN,
        windows=(0,) * 6,
        byte_level=False,
        amplified=20,
        head=("pre_classifier", "classifier", "relu"),
    ),
    "roberta": Shape(
        title="RoBERTa-base",
        model_type="roberta",
        config={
            "vocab_size": 50265,
            "max_position_embeddings": 514,
            "type_vocab_size": 1,
            "layer_norm_eps": 1e-5,
            **SPECIAL_IDS,
        },
        tiny=SMALL,
        linear=PLAIN,
        windows=(0,) * 12,
        byte_level=True,
        amplified=20,
        head=("classifier.dense", "classifier.out_proj", "tanh"),
    ),
    "modernbert": Shape(
        title="ModernBERT-base",
        model_type="modernbert",
        config={"vocab_size": 50368, **SPECIAL_IDS, "cls_token_id": 0, "sep_token_id": 2},
        tiny=SMALL,
        linear=GATED,
        windows=tuple(0 if layer % 3 == 0 else 128 for layer in range(22)),
        byte_level=True,
        amplified=12,
        head=None,
        fused=False,
    ),
}
FIRST = "distilbert"


def of(record: dict) -> Shape:
    """Records from before there was a choice are of the first."""
    return SHAPES[record.get("model", FIRST)]
