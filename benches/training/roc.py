"""The ROC curves of a bundle's detector of texts outside its domain, as a picture.

    roc.py BUNDLE INSIDE.csv OUTSIDE.csv [OUTSIDE.csv ...] --output roc.png     (an environment with torch, transformers, scikit-learn, matplotlib)

One curve for each file of texts outside, against the texts inside; the mark on it is the bundle's limit. The head is computed here with numpy from
heads.safetensors, so that the areas check those of `frontdesk evaluate --outside`.
"""
import argparse, csv, json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score, roc_curve
from transformers import AutoModel, AutoTokenizer

arguments = argparse.ArgumentParser()
arguments.add_argument("bundle", type=Path), arguments.add_argument("inside", type=Path), arguments.add_argument("outside", nargs="+", type=Path)
arguments.add_argument("--output", type=Path, required=True)
given = arguments.parse_args()

manifest = json.loads((given.bundle / "frontdesk.json").read_text())
detector = next(head["detector"] for head in manifest["heads"] if head.get("detector"))
head = next(head for head in manifest["heads"] if head["name"] == detector["head"])
tensors = load_file(given.bundle / "heads.safetensors")
weights = {part: tensors[f"{head['name']}.{part}"].astype(np.float32) for part in ("dense.weight", "dense.bias", "output.weight", "output.bias")}
tokenizer, model = AutoTokenizer.from_pretrained(given.bundle), AutoModel.from_pretrained(given.bundle, dtype=torch.float32).eval()


def scores(path):
    with open(path, newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    found = []
    for first in range(0, len(texts), 64):
        batch = tokenizer(texts[first : first + 64], padding=True, truncation=True, max_length=512, return_tensors="pt")
        with torch.inference_mode():
            states = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        pooled = (states[:, 0] if head["pooling"] == "cls" else (states * mask).sum(1) / mask.sum(1)).numpy()
        hidden = np.maximum(pooled @ weights["dense.weight"].T + weights["dense.bias"], 0)
        logits = (hidden @ weights["output.weight"].T + weights["output.bias"])[:, 0]
        scaling = head.get("scaling") or {"weights": [1 / head["temperature"]], "biases": [0]}
        found.append(1 / (1 + np.exp(-(logits * scaling["weights"][0] + scaling["biases"][0]))))
    return np.concatenate(found)


inside = scores(given.inside)
figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
for path in given.outside:
    outside = scores(path)
    truth, values = np.repeat([0, 1], [len(inside), len(outside)]), np.concatenate([inside, outside])
    refused, caught, _ = roc_curve(truth, values)
    area = roc_auc_score(truth, values)
    line, = axes.plot(refused, caught, label=f"{path.stem}: {area:.4f}")
    axes.plot((inside > detector["limit"]).mean(), (outside > detector["limit"]).mean(), "o", color=line.get_color())
    print(f"{path.stem}: {len(outside)} texts against {len(inside)}, area {area:.4f}")
axes.set(xlim=(-0.01, 0.3), ylim=(0, 1.01), xlabel=f"share of {given.inside.stem} refused", ylabel="share of texts outside refused")
axes.legend(title="area under the curve", loc="lower right")
figure.savefig(given.output, dpi=150)
