"""Models from a stranger: tokenizers, weights, configurations."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

from harness import ROOT, Suite

GOLDEN = ROOT / "models/tests/golden"


def all_cases(suite: Suite, folder: Path) -> None:
    base = folder / "base"
    shutil.copytree(GOLDEN / "bert-single-float32", base)
    shutil.copy(GOLDEN / "tokenizer.json", base / "tokenizer.json")
    whole = json.loads((base / "tokenizer.json").read_text())
    suite.case("the checkpoint as it is", asked(base), kind=None)
    tokenizers(suite, folder, base, whole)
    weights(suite, folder, base)


def asked(model: Path, text: str = "the proof is blue") -> list[str | Path | bytes]:
    return ["analyze", text, "--model", model]


def changed(folder: Path, base: Path, name: str, file: str, content: bytes) -> Path:
    model = folder / name.replace(" ", "-").replace("/", "-")
    shutil.copytree(base, model)
    (model / file).write_bytes(content)
    return model


def tokenizers(suite: Suite, folder: Path, base: Path, whole: dict[str, Any]) -> None:
    """Each is refused when it is opened: its work and its output are bounded for each byte of text."""
    doubling = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    same = {"type": "Lowercase"}
    piece = {"Sequence": {"id": "A", "type_id": 0}}
    special = {"SpecialToken": {"id": "[CLS]", "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [special] + [piece] * 300_000,
        "pair": [piece, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}},
    }
    cases: dict[str, dict[str, Any]] = {
        "40 doubling normalizers": {"normalizer": {"type": "Sequence", "normalizers": [doubling] * 40}},
        "100,000 normalizers": {"normalizer": {"type": "Sequence", "normalizers": [same] * 100_000}},
        "a template of 300,000 texts": {"post_processor": template},
        "a charsmap with a large length": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "//////8="}},
        "a charsmap of one byte": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AA=="}},
        "padding to a length of 0": {
            "padding": {
                "strategy": {"Fixed": 0}, "direction": "Right", "pad_to_multiple_of": 0, "pad_id": 0,
                "pad_type_id": 0, "pad_token": "[PAD]",
            }
        },
    }
    for name, change in cases.items():
        tokenizer = copy.copy(whole) | change
        model = changed(folder, base, name, "tokenizer.json", json.dumps(tokenizer).encode())
        suite.case(name, asked(model, "a" * 100), kind="model-invalid", seconds=10)
    endless = copy.deepcopy(whole)
    if "max_input_chars_per_word" in endless["model"]:
        endless["model"]["max_input_chars_per_word"] = 10**15
        model = changed(folder, base, "endless words", "tokenizer.json", json.dumps(endless).encode())
        suite.case("words of unlimited length", asked(model, "ab" * 60_000), kind="model-invalid", seconds=10)


def weights(suite: Suite, folder: Path, base: Path) -> None:
    """Sizes that are claimed and not there."""
    config = json.loads((base / "config.json").read_text())
    layers = "num_hidden_layers" if "num_hidden_layers" in config else "n_layers"
    for name, change in {
        "256 layers that are not there": {layers: 256},
        "10^12 layers": {layers: 10**12},
        "a negative width": {"hidden_size": -1},
        "a width of 1e999": {"hidden_size": float("inf")},
    }.items():
        content = json.dumps(config | change).replace("Infinity", "1e999").encode()
        suite.case(name, asked(changed(folder, base, name, "config.json", content)), kind="model-invalid")
    tensors = (base / "model.safetensors").read_bytes()
    for name, content in {
        "a header of 2^60 bytes": (1 << 60).to_bytes(8, "little") + tensors[8:],
        "weights cut in half": tensors[: len(tensors) // 2],
        "no weights": b"",
        "weights of zeros": bytes(1 << 20),
    }.items():
        suite.case(name, asked(changed(folder, base, name, "model.safetensors", content)), kind="model-invalid")
    rows = folder / "labelled.csv"
    rows.write_text("text,label\n" + "".join(f"proof {at},label {at}\n" for at in range(10_500)))
    train = ["train", "--data", rows, "--base", base, "--task", "team", "--output", folder / "trained"]
    suite.case("10,500 labels to train", train, kind="data-invalid", seconds=30, mib=800)
    few = folder / "few.csv"
    few.write_text("text,label\n" + "proof,calm\nbroken,upset\n" * 20)
    train = ["train", "--data", few, "--base", base, "--task", "team", "--output", folder / "trained"]
    suite.case("train --threads 5000", [*train, "--threads", "5000"], kind="invalid-input", seconds=5)
