"""The engines that are compared, and how each is started as a child."""
from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import models

HERE = Path(__file__).resolve().parent
PRECISIONS = ("int8", "bf16", "f32")
OURS = "frontdesk"
TITLES = {
    OURS: "Frontdesk",
    "ctranslate2": "CTranslate2",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "torch": "PyTorch",
}


@dataclass(frozen=True)
class Engine:
    library: str
    precision: str

    @property
    def name(self) -> str:
        return f"{self.library}-{self.precision}"

    @property
    def title(self) -> str:
        return f"{TITLES[self.library]} {self.precision}"

    @property
    def is_ours(self) -> bool:
        return self.library == OURS

    def command(self, throughput: Path, directory: Path, threads: int) -> list[str]:
        if self.is_ours:
            model, texts = directory / models.CHECKPOINT, directory / models.TEXTS
            return ours(throughput, model, texts, threads, self.precision)
        return [sys.executable, str(HERE / "child.py"), self.library, self.precision, str(directory), str(threads)]


def ours(throughput: Path, model: Path, texts: Path, threads: int, precision: str) -> list[str]:
    return [str(throughput), str(model), str(texts), str(threads), precision, "serve"]


ENGINES = tuple(
    Engine(library, precision)
    for precision, libraries in {
        "int8": (OURS, "ctranslate2", "onnxruntime", "openvino"),
        "bf16": (OURS, "openvino", "torch"),
        "f32": (OURS, "ctranslate2", "onnxruntime", "openvino", "torch"),
    }.items()
    for library in libraries
)
BY_NAME = {engine.name: engine for engine in ENGINES}


def chosen(only: list[str]) -> list[Engine]:
    """Those that a name, a library or a precision asks for; all where nothing is asked for."""
    known = {word for engine in ENGINES for word in (engine.name, engine.library, engine.precision)}
    if unknown := [word for word in only if word not in known]:
        raise ValueError(f"--only {' '.join(unknown)}: known are {', '.join(sorted(known))}")
    return [engine for engine in ENGINES if not only or {engine.name, engine.library, engine.precision} & set(only)]
