"""Makes label_errors.json, what cleanlab says of small synthetic data, which core/tests/train/doctor compares with.

    python3 -m venv venv && venv/bin/pip install cleanlab==2.9.0
    venv/bin/python core/tests/golden/make_label_errors.py

Probabilities are multiples of 1/4096, so that they are the same numbers as float32.
"""
import json
from pathlib import Path

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

random = np.random.default_rng(17)


def exact(probabilities):
    return np.round(probabilities * 4096) / 4096


def single(rows=160, classes=4, noise=0.3):
    truth = random.choice(classes, rows, p=[0.4, 0.3, 0.2, 0.1])
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += random.uniform(0.5, 3, rows)
    probabilities = np.exp(logits)
    probabilities = exact(probabilities / probabilities.sum(1, keepdims=True))
    labels = np.where(random.random(rows) < noise, random.integers(0, classes, rows), truth)
    thresholds = get_confident_thresholds(labels, probabilities)
    # Where several labels are confident, cleanlab counts the likeliest of all, the paper the likeliest of those: not told
    # apart here.
    confident = probabilities >= thresholds - 1e-6
    several = confident.sum(1) > 1
    best = probabilities.argmax(1)
    assert several.any() and confident[several, best[several]].all()
    joint = compute_confident_joint(labels, probabilities, calibrate=False)
    issues = find_label_issues(
        labels, probabilities, filter_by="confident_learning", return_indices_ranked_by="normalized_margin"
    )
    return {
        "labels": labels.tolist(),
        "probabilities": probabilities.tolist(),
        "thresholds": thresholds.tolist(),
        "joint": joint.tolist(),
        "errors": [int(row) for row in issues],
    }


def multi(rows=80, classes=3, noise=0.1):
    truth = random.random((rows, classes)) < 0.4
    logits = random.normal(size=(rows, classes)) + np.where(truth, 1, -1) * random.uniform(0.5, 4, (rows, classes))
    probabilities = exact(1 / (1 + np.exp(-logits)))
    given = truth ^ (random.random((rows, classes)) < noise)
    labels = [np.flatnonzero(row).tolist() for row in given]
    issues = find_multilabel_issues_per_class(labels, probabilities, filter_by="confident_learning")
    wrong = [[row, np.flatnonzero(flipped).tolist()] for row, flipped in enumerate(issues) if flipped.any()]
    return {
        "labels": labels,
        "probabilities": probabilities.tolist(),
        "wrong": wrong,
    }


golden = {"single": single(), "multi": multi()}
text = json.dumps(golden, separators=(",", ":")).replace("],[", "],\n[")
(Path(__file__).parent / "label_errors.json").write_text(text + "\n")
print(len(golden["single"]["errors"]), "errors,", len(golden["multi"]["wrong"]), "rows with wrong sets")
