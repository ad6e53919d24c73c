"""The peers: each loads its form of the model and gives the probability of the second label for rows of token ids.

`whole` computes one batch on all threads; `split` gives a function for each thread, which computes a batch by itself.
"""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy

import models

Rows = list[list[int]]
Forward = Callable[[Rows], numpy.ndarray]


class Unavailable(Exception):
    """What this machine or this peer cannot do."""


def built(directory: Path, form: str) -> Path:
    if not (directory / form).exists():
        raise Unavailable(f"its model {form} could not be built")
    return directory / form


def padded(rows: Rows, padding: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    width = max(map(len, rows))
    ids = numpy.full((len(rows), width), padding, numpy.int64)
    mask = numpy.zeros((len(rows), width), numpy.int64)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask


def positive(logits: numpy.ndarray) -> numpy.ndarray:
    """Two labels: softmax is a sigmoid of their difference."""
    return 1 / (1 + numpy.exp(logits[:, 0] - logits[:, 1]))


class PyTorch:
    package = "torch"

    def __init__(self, directory: Path, precision: str, threads: int):
        import torch
        from transformers import AutoModelForSequenceClassification

        torch.set_num_threads(threads)
        self.torch, self.padding = torch, models.padding(directory)
        if precision == "bf16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
            raise Unavailable("PyTorch has no bf16 kernels for this processor, and emulates it")
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
        self.model = AutoModelForSequenceClassification.from_pretrained(directory / models.CHECKPOINT, dtype=dtype).eval()

    def whole(self) -> Forward:
        def forward(rows: Rows) -> numpy.ndarray:
            ids, mask = map(self.torch.from_numpy, padded(rows, self.padding))
            with self.torch.inference_mode():
                return positive(self.model(input_ids=ids, attention_mask=mask).logits.float().numpy())

        return forward

    def split(self) -> list[Forward]:
        # Its number of threads is one for the process.
        return []


class OnnxRuntime:
    package = "onnxruntime"

    def __init__(self, directory: Path, precision: str, threads: int):
        form = {"f32": models.ONNX, "int8": models.ONNX_INT8}[precision]
        self.path, self.threads = built(directory, form) / "model.onnx", threads
        self.padding = models.padding(directory)

    def session(self, threads: int) -> Forward:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])

        def forward(rows: Rows) -> numpy.ndarray:
            ids, mask = padded(rows, self.padding)
            return positive(session.run(None, {"input_ids": ids, "attention_mask": mask})[0])

        return forward

    def whole(self) -> Forward:
        return self.session(self.threads)

    def split(self) -> list[Forward]:
        # A session with one thread computes on its caller's, and takes many callers.
        return [self.session(1)] * self.threads


class OpenVino:
    package = "openvino"

    def __init__(self, directory: Path, precision: str, threads: int):
        import openvino

        self.core, self.threads, self.padding = openvino.Core(), threads, models.padding(directory)
        form = models.OPENVINO_INT8 if precision == "int8" else models.OPENVINO
        self.path = built(directory, form) / "model.xml"
        # With integer weights, the rest is left in what OpenVINO finds fastest here.
        self.precision = {} if precision == "int8" else {"INFERENCE_PRECISION_HINT": precision}
        if precision == "bf16" and "BF16" not in self.core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Unavailable("OpenVINO has no bf16 on this processor")

    def compiled(self, hint: str, streams: int):
        config = {"PERFORMANCE_HINT": hint, "NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": self.threads}
        return self.core.compile_model(self.path, "CPU", config | self.precision)

    def request(self, compiled) -> Forward:
        request = compiled.create_infer_request()

        def forward(rows: Rows) -> numpy.ndarray:
            ids, mask = padded(rows, self.padding)
            return positive(request.infer({"input_ids": ids, "attention_mask": mask})[0])

        return forward

    def whole(self) -> Forward:
        return self.request(self.compiled("LATENCY", 1))

    def split(self) -> list[Forward]:
        compiled = self.compiled("THROUGHPUT", self.threads)
        return [self.request(compiled) for _ in range(self.threads)]


class CTranslate2:
    package = "ctranslate2"

    def __init__(self, directory: Path, precision: str, threads: int):
        self.path, self.threads = built(directory, models.CTRANSLATE2), threads
        self.type = {"f32": "float32", "int8": "int8"}[precision]
        # It has no place for a classifier: the head is computed here, 1 / 3000 of the work.
        head = numpy.load(self.path / "head.npz")
        self.dense, self.output = ((head[f"{name}.weight"].T.copy(), head[f"{name}.bias"]) for name in ("dense", "output"))
        self.activation = {"relu": lambda x: numpy.maximum(x, 0), "tanh": numpy.tanh}[str(head["activation"])]

    def encoder(self, batches: int, threads: int) -> Forward:
        import ctranslate2

        encoder = ctranslate2.Encoder(
            str(self.path / "model"), compute_type=self.type, inter_threads=batches, intra_threads=threads
        )

        def forward(rows: Rows) -> numpy.ndarray:
            first = numpy.asarray(encoder.forward_batch(rows).last_hidden_state)[:, 0]
            (dense, dense_bias), (output, output_bias) = self.dense, self.output
            return positive(self.activation(first @ dense + dense_bias) @ output + output_bias)

        return forward

    def whole(self) -> Forward:
        return self.encoder(1, self.threads)

    def split(self) -> list[Forward]:
        return [self.encoder(self.threads, 1)] * self.threads


BACKENDS = {"torch": PyTorch, "onnxruntime": OnnxRuntime, "openvino": OpenVino, "ctranslate2": CTranslate2}
