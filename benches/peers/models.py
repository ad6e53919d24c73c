"""Builds, once, the texts and one network of random weights in the form that each engine reads.

    models.py MODEL TOKENIZER_DIRECTORY DIRECTORY

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
import shapes
import vocabulary
from shapes import Shape

HERE = Path(__file__).resolve().parent
# Names of what is built, as child.py and compare.py look for them.
TOKENIZER, TEXTS, CHECKPOINT, TINY, REFERENCE = "tokenizer", "texts.json", "checkpoint", "tiny", "reference.json"
ONNX, ONNX_INT8 = "onnx-f32", "onnx-int8"
OPENVINO, OPENVINO_INT8 = "openvino-f32", "openvino-int8"
CTRANSLATE2 = "ctranslate2"
LOGS = "logs"
# Texts whose scores are compared between engines.
COMPARED = 16


def directory(cache: Path, model: str) -> Path:
    """Where the forms lie: a place of their own for each version of what builds them."""
    digest = hashlib.sha256()
    for name in ("models.py", "mix.py", "shapes.py", "vocabulary.py", "requirements.txt"):
        digest.update((HERE / name).read_bytes())
    return cache / f"models-{digest.hexdigest()[:12]}-{model}"


def padding(directory: Path) -> int:
    """The id that fills up the rows of a batch."""
    return json.loads((directory / CHECKPOINT / "config.json").read_text()).get("pad_token_id") or 0


class Builder:
    """Each method makes one form at the path that it is given, from those before it."""

    def __init__(self, shape: Shape, tokenizer: Path, directory: Path):
        self.shape, self.source, self.directory = shape, tokenizer, directory

    @cached_property
    def tokenizer(self):
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.directory / TOKENIZER / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def model(self):
        from transformers import AutoModelForSequenceClassification

        # The tracing exporter and the fusions behind it know attention as it is written out.
        path = self.directory / CHECKPOINT
        return AutoModelForSequenceClassification.from_pretrained(path, attn_implementation="eager").eval()

    def write_tokenizer(self, path: Path) -> None:
        if not self.shape.byte_level:
            return vocabulary.copy(self.source, path)
        from tokenizers import Tokenizer

        bundled = Tokenizer.from_file(str(self.source / "tokenizer.json"))
        vocabulary.byte_level(vocabulary.words(bundled.get_vocab()), self.shape.config["vocab_size"], path)

    def texts(self, path: Path) -> None:
        texts = mix.write_texts(vocabulary.words(self.tokenizer.get_vocab()))
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

    def save(self, path: Path, **smaller: int) -> None:
        import torch
        from transformers import AutoConfig, AutoModelForSequenceClassification

        labels = ["NEGATIVE", "POSITIVE"]
        names = {"id2label": dict(enumerate(labels)), "label2id": {name: i for i, name in enumerate(labels)}}
        torch.manual_seed(0)
        config = AutoConfig.for_model(self.shape.model_type, **self.shape.config | smaller | names)
        model = AutoModelForSequenceClassification.from_config(config).eval()
        # Random weights answer every text alike; a last layer that tells texts apart shows whether an engine computes the same.
        last = [module for module in model.modules() if isinstance(module, torch.nn.Linear)][-1]
        last.weight.data *= self.shape.amplified
        last.bias.data -= self.compared_logits(model).mean(0)
        model.save_pretrained(path)
        vocabulary.copy(self.directory / TOKENIZER, path)

    def checkpoint(self, path: Path) -> None:
        self.save(path)

    def tiny(self, path: Path) -> None:
        """A network that computes next to nothing: what a pass costs is then everything else."""
        self.save(path, **self.shape.tiny)

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
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            optimization_options=FusionOptions("bert"),
        )
        found, wanted = fused.get_fused_operator_statistics(), self.shape.layers if self.shape.fused else 0
        # Into the log: what is left unfused is computed by plain operators.
        print(found)
        if found["Attention"] != wanted:
            raise ValueError(f"ONNX Runtime's optimizer fused {found['Attention']} attentions, not {wanted}: {found}")
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
        if not self.shape.head:
            raise ValueError(f"CTranslate2's converter does not know {self.shape.title}")
        import numpy
        from ctranslate2.converters import TransformersConverter

        path.mkdir()
        # The converter reads the trunk alone, by the name of its class.
        trunk = path / "trunk"
        # What its converter asks of a configuration, and transformers 5 has only one answer to.
        self.model.base_model.config.position_embedding_type = "absolute"
        self.model.base_model.save_pretrained(trunk)
        vocabulary.copy(self.directory / TOKENIZER, trunk)
        TransformersConverter(str(trunk)).convert(str(path / "model"))
        shutil.rmtree(trunk)
        dense, output, _ = self.shape.head
        weights = self.model.state_dict()
        head = {
            f"{to}.{kind}": weights[f"{name}.{kind}"].numpy()
            for to, name in (("dense", dense), ("output", output))
            for kind in ("weight", "bias")
        }
        numpy.savez(path / "head.npz", **head, activation=self.shape.head[2])

    def forms(self) -> list[tuple[str, Callable[[Path], None]]]:
        return [
            (TOKENIZER, self.write_tokenizer),
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
    parser.add_argument("model", choices=list(shapes.SHAPES))
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    logs = options.directory / LOGS
    logs.mkdir(parents=True, exist_ok=True)
    stderr = os.fdopen(os.dup(2), "w", buffering=1)
    for name, build in Builder(shapes.SHAPES[options.model], options.tokenizer, options.directory).forms():
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
