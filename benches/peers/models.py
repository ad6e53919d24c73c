"""Builds, once, the texts and one random-weight DistilBERT in the form that each engine reads.

    models.py TOKENIZER_DIRECTORY DIRECTORY

A form that cannot be built is reported on stderr and left out; the next run tries it again.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import tempfile
import traceback
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import mix

HERE = Path(__file__).resolve().parent
# Names of what is built, as child.py and compare.py look for them.
TEXTS, CHECKPOINT, TINY, REFERENCE = "texts.json", "checkpoint", "tiny", "reference.json"
ONNX, ONNX_INT8 = "onnx-f32", "onnx-int8"
OPENVINO, OPENVINO_INT8 = "openvino-f32", "openvino-int8"
CTRANSLATE2 = "ctranslate2"
LOGS = "logs"
# Texts whose scores are compared between engines.
COMPARED = 16


def directory(cache: Path) -> Path:
    """Where the forms lie: a place of their own for each version of what builds them."""
    digest = hashlib.sha256()
    for name in ("models.py", "mix.py", "requirements.txt"):
        digest.update((HERE / name).read_bytes())
    return cache / f"models-{digest.hexdigest()[:12]}"


class Builder:
    """Each method makes one form at the path that it is given, from those before it."""

    def __init__(self, tokenizer: Path, directory: Path):
        self.source, self.directory = tokenizer, directory

    @cached_property
    def tokenizer(self):
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.source / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def model(self):
        from transformers import AutoModelForSequenceClassification

        # The tracing exporter and the fusions behind it know attention as it is written out.
        path = self.directory / CHECKPOINT
        return AutoModelForSequenceClassification.from_pretrained(path, attn_implementation="eager").eval()

    def texts(self, path: Path) -> None:
        texts = mix.write_texts(self.tokenizer.get_vocab())
        counts = [len(encoding.ids) for encoding in self.tokenizer.encode_batch_fast(texts)]
        if counts != mix.token_counts():
            raise ValueError("a word of the texts is more than one token")
        path.write_text(json.dumps(texts))

    def compared_logits(self, model):
        """Of the first texts, one after the other."""
        import torch

        texts = json.loads((self.directory / TEXTS).read_text())[:COMPARED]
        rows = (torch.tensor([encoding.ids]) for encoding in self.tokenizer.encode_batch_fast(texts))
        # Tensors of inference mode would stay in the model's caches, and could not be traced.
        with torch.no_grad():
            return torch.cat([model(input_ids=row).logits for row in rows])

    def save(self, path: Path, **shape: int) -> None:
        import torch
        from transformers import DistilBertConfig, DistilBertForSequenceClassification

        labels = ["NEGATIVE", "POSITIVE"]
        names = {"id2label": dict(enumerate(labels)), "label2id": {name: i for i, name in enumerate(labels)}}
        torch.manual_seed(0)
        model = DistilBertForSequenceClassification(DistilBertConfig(**shape, **names)).eval()
        # Random weights answer every text alike; a last layer that tells texts apart shows whether an engine computes the same.
        model.classifier.weight.data *= 20
        model.classifier.bias.data -= self.compared_logits(model).mean(0)
        model.save_pretrained(path)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(self.source / name, path / name)

    def checkpoint(self, path: Path) -> None:
        self.save(path)

    def tiny(self, path: Path) -> None:
        """A network that computes next to nothing: what a pass costs is then everything else."""
        self.save(path, n_layers=1, n_heads=1, dim=16, hidden_dim=16)

    def reference(self, path: Path) -> None:
        """The answers of PyTorch for the first texts."""
        path.write_text(json.dumps(self.compared_logits(self.model).softmax(-1)[:, 1].tolist()))

    def onnx_f32(self, path: Path) -> None:
        import torch
        from onnxruntime.transformers import optimizer
        from onnxruntime.transformers.fusion_options import FusionOptions

        path.mkdir()
        ids = torch.randint(1000, 2000, (2, 24))
        axes = {0: "batch", 1: "tokens"}
        torch.onnx.export(
            self.model,
            (ids, torch.ones_like(ids)),
            str(path / "plain.onnx"),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
        config = self.model.config
        fused = optimizer.optimize_model(
            str(path / "plain.onnx"),
            model_type="bert",
            num_heads=config.n_heads,
            hidden_size=config.dim,
            optimization_options=FusionOptions("bert"),
        )
        found = fused.get_fused_operator_statistics()
        if found["Attention"] != config.n_layers:
            raise ValueError(f"ONNX Runtime's optimizer fused {found['Attention']} of {config.n_layers} attentions: {found}")
        fused.save_model_to_file(str(path / "model.onnx"))

    def onnx_int8(self, path: Path) -> None:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic

        path.mkdir()
        fused = self.directory / ONNX / "model.onnx"
        # Shapes and types are not inferred through fused operators.
        extra = {"DefaultTensorType": onnx.TensorProto.FLOAT}
        quantize_dynamic(fused, path / "model.onnx", weight_type=QuantType.QInt8, per_channel=True, extra_options=extra)

    def openvino_f32(self, path: Path) -> None:
        import openvino

        path.mkdir()
        model = openvino.convert_model(self.directory / ONNX / "plain.onnx")
        openvino.save_model(model, path / "model.xml", compress_to_fp16=False)

    def openvino_int8(self, path: Path) -> None:
        import nncf
        import openvino

        path.mkdir()
        model = openvino.Core().read_model(self.directory / OPENVINO / "model.xml")
        model = nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
        openvino.save_model(model, path / "model.xml", compress_to_fp16=False)

    def ctranslate2(self, path: Path) -> None:
        import numpy
        from ctranslate2.converters import TransformersConverter

        path.mkdir()
        # The converter reads the trunk alone, by the name of its class.
        trunk = path / "trunk"
        self.model.distilbert.save_pretrained(trunk)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(self.source / name, trunk / name)
        TransformersConverter(str(trunk)).convert(str(path / "model"))
        shutil.rmtree(trunk)
        head = {name: value.numpy() for name, value in self.model.state_dict().items() if "classifier" in name}
        numpy.savez(path / "head.npz", **head)

    def forms(self) -> list[tuple[str, Callable[[Path], None]]]:
        return [
            (TEXTS, self.texts),
            (CHECKPOINT, self.checkpoint),
            (TINY, self.tiny),
            (REFERENCE, self.reference),
            (ONNX, self.onnx_f32),
            (ONNX_INT8, self.onnx_int8),
            (OPENVINO, self.openvino_f32),
            (OPENVINO_INT8, self.openvino_int8),
            (CTRANSLATE2, self.ctranslate2),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    logs = options.directory / LOGS
    logs.mkdir(parents=True, exist_ok=True)
    stderr = os.fdopen(os.dup(2), "w", buffering=1)
    for name, build in Builder(options.tokenizer, options.directory).forms():
        path = options.directory / name
        if path.exists():
            continue
        stderr.write(f"building {name}\n")
        log = logs / f"build-{name}.txt"
        # Built aside and renamed, so that what is there is whole. Output of libraries goes to the log.
        with tempfile.TemporaryDirectory(dir=options.directory) as aside, log.open("w") as chatter:
            os.dup2(chatter.fileno(), 1)
            os.dup2(chatter.fileno(), 2)
            try:
                build(Path(aside) / name)
                (Path(aside) / name).rename(path)
            except Exception as error:
                traceback.print_exc()
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                stderr.write(f"{name} could not be built: {reason} ({log})\n")


if __name__ == "__main__":
    main()
