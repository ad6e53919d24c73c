"""How far our probabilities are from transformers' on random checkpoints as wide as the real ones.

    PYTHON benches/parity/wide.py FRONTDESK FOLDER [FAMILY...] [--precisions f32 bf16 int8] [--keep]

FRONTDESK is the built command; PYTHON has torch and transformers. In FOLDER, one checkpoint after the other is written
(up to 1.2 GB), asked for 200 texts in ten scripts, and removed again. Texts of blanks alone are left out, and those with
nothing to read, which the engine abstains from, are not counted as answered. Ends with 1 where float32 is not within 1e-4
of every probability or gives another label.
"""
from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import families
import texts

TOLERANCE = 1e-4


def ours(command: str, folder: Path, written: Path, precision: str) -> list[list[float] | None]:
    """Our probabilities of each row, in the order of the labels; none where the engine abstains for lack of words."""
    line = [command, "analyze", "--model", str(folder), "--input", str(written), "--only-named", "--text-column", "text"]
    # transformers keeps the beginning of a text that is too long.
    line += ["--format", "jsonl", "--precision", precision, "--long-text", "head"]
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        said = result.stderr.strip().splitlines() or [f"ended with {result.returncode}"]
        raise RuntimeError(said[-1])
    rows = []
    for analysis in map(json.loads, result.stdout.splitlines()):
        # A checkpoint of one task has it under the name `label`.
        labels = analysis.get("label", {}).get("labels", [])
        scores = {label["label"]: label["score"] for label in labels}
        rows.append([scores[label] for label in families.LABELS] if scores else None)
    return rows


def compare(reference: list[list[float]], found: list[list[float] | None]) -> dict:
    if len(reference) != len(found):
        raise RuntimeError(f"{len(found)} answers to {len(reference)} texts")
    pairs = [(a, b) for a, b in zip(reference, found) if b is not None]
    differences = [abs(p - q) for a, b in pairs for p, q in zip(a, b)]
    same = [a.index(max(a)) == b.index(max(b)) for a, b in pairs]
    furthest = [max((abs(p - q) for p, q in zip(a, b)), default=0) if b else 0 for a, b in zip(reference, found)]
    return {
        "answered": len(pairs),
        "largest": max(differences),
        "mean": sum(differences) / len(differences),
        "same": sum(same) / len(same),
        "furthest_text": furthest.index(max(furthest)),
    }


def reference_of(family: families.Family, folder: Path, asked: list[str]) -> list[list[float]]:
    """transformers' answers: those that lie beside the checkpoint where they are of these texts, else of a new checkpoint."""
    kept = folder / "reference.json"
    if kept.exists() and (found := json.loads(kept.read_text()))["texts"] == asked:
        return found["probabilities"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    families.write(family, folder, asked, texts.corpus())
    probabilities = families.reference(folder, asked, family.longest)
    # Written last: a checkpoint without it is not whole.
    kept.write_text(json.dumps({"texts": asked, "probabilities": probabilities}))
    return probabilities


def measure(name: str, options: argparse.Namespace, asked: list[str]) -> dict:
    """A family's row: what each precision gave, or why it gave nothing."""
    family, folder = families.FAMILIES[name], options.folder / name
    written = options.folder / "texts.jsonl"
    written.write_text("".join(json.dumps({"text": text}) + "\n" for text in asked))
    reference = reference_of(family, folder, asked)
    row = {"family": name, "labels": [sum(p.index(max(p)) == at for p in reference) for at in range(len(families.LABELS))]}
    for precision in options.precisions:
        try:
            row[precision] = compare(reference, ours(options.command, folder, written, precision))
        except (RuntimeError, KeyError) as error:
            row[precision] = {"failed": str(error)}
    if not options.keep:
        shutil.rmtree(folder)
    return row


def cells(row: dict, precision: str) -> list[str]:
    found = row.get(precision, {"failed": "not asked"})
    if "failed" in found:
        return [found["failed"][:80], "–"]
    largest = f"{found['largest']:.1e}" if precision == "f32" else f"{found['mean']:.1e}"
    return [largest, f"{100 * found['same']:.1f} %"]


def table(rows: list[dict], precisions: list[str]) -> str:
    heads = ["family"]
    for precision in precisions:
        heads += [f"{precision}, {'largest' if precision == 'f32' else 'mean'} difference", f"{precision}, same label"]
    lines = [heads, ["---"] * len(heads)]
    lines += [[row["family"], *(cell for precision in precisions for cell in cells(row, precision))] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command")
    parser.add_argument("folder", type=Path)
    parser.add_argument("families", nargs="*", default=list(families.FAMILIES), help=", ".join(families.FAMILIES))
    parser.add_argument("--precisions", nargs="+", choices=["f32", "bf16", "int8"], default=["f32", "bf16", "int8"])
    parser.add_argument("--keep", action="store_true", help="leave the checkpoints, and use those that are there")
    options = parser.parse_args()
    if unknown := [name for name in options.families if name not in families.FAMILIES]:
        parser.error(f"{', '.join(unknown)}: known are {', '.join(families.FAMILIES)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    # A row of blanks is no message: a file of them is refused, and transformers would answer its own two tokens.
    asked, rows = [text for text in texts.texts() if text.strip()], []
    for name in options.families:
        rows.append(measure(name, options, asked))
        print(json.dumps(rows[-1]), flush=True)
    print(table(rows, options.precisions))
    exact = [row["f32"] for row in rows if "f32" in row]
    if any("failed" in found or found["largest"] > TOLERANCE or found["same"] < 1 for found in exact):
        sys.exit(1)


if __name__ == "__main__":
    main()
