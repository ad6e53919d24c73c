"""Makes evaluate.json, which the tests of core/src/evaluate, core/src/calibrate and core/tests/train/evaluate.rs compare with, from scikit-learn
and scipy.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1 scipy==1.17.1
    venv/bin/python core/tests/golden/make_evaluate.py
"""
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from scipy.stats import beta, binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

random = np.random.default_rng(7)


def f32(values):
    return np.asarray(values, dtype=np.float32)


def classes():
    """Four labels, of which one is never given and one is rare."""
    truth = random.choice(4, size=80, p=[0.4, 0.35, 0.2, 0.05])
    logits = random.normal(size=(80, 4)) + 2 * np.eye(4)[truth] - [0, 0, 0, 9]
    scores = f32(softmax(logits, axis=1))
    given = scores.argmax(axis=1)
    precision, recall, f1, support = precision_recall_fscore_support(truth, given, labels=range(4), zero_division=0)
    shares = scores.astype(float) / scores.astype(float).sum(axis=1, keepdims=True)
    right, confidence = truth == given, scores.max(axis=1)
    share, mean = calibration_curve(right, confidence, n_bins=15)
    return {
        "truth": truth.tolist(),
        "scores": scores.tolist(),
        "accuracy": accuracy_score(truth, given),
        "macro_f1": f1_score(truth, given, average="macro"),
        "brier": brier_score_loss(truth, shares, labels=range(4), scale_by_half=False),
        "nll": log_loss(truth, shares, labels=range(4)),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "bins": [{"confidence": float(c), "accuracy": float(a)} for a, c in zip(share, mean)],
    }


def labels():
    """Three labels, any number of them at once."""
    truth = random.random((60, 3)) < [0.5, 0.3, 0.1]
    scores = f32(expit(random.normal(size=(60, 3)) + 2 * truth - 1))
    given = scores >= 0.5
    precision, recall, f1, support = precision_recall_fscore_support(truth, given, zero_division=0)
    return {
        "truth": [np.flatnonzero(row).tolist() for row in truth],
        "scores": scores.tolist(),
        "accuracy": accuracy_score(truth, given),
        "macro_f1": f1_score(truth, given, average="macro"),
        "brier": float(np.mean([brier_score_loss(truth[:, k], scores[:, k].astype(float)) for k in range(3)])),
        "nll": float(np.mean([log_loss(truth[:, k], scores[:, k].astype(float)) for k in range(3)])),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
    }


def areas():
    """Scores of two groups, with many ties."""
    negatives, positives = random.integers(0, 9, 40) / 8, random.integers(2, 11, 25) / 8
    truth = [0] * 40 + [1] * 25
    area = roc_auc_score(truth, np.concatenate([negatives, positives]))
    return {"negatives": negatives.tolist(), "positives": positives.tolist(), "area": area}


def bounds():
    cases = [(1, 1, 0.05), (59, 59, 0.05), (58, 59, 0.05), (95, 100, 0.025), (3, 40, 0.05), (980, 1000, 0.01), (49_600, 50_000, 0.05)]
    return [{"right": k, "of": n, "alpha": a, "low": beta.ppf(a, k, n - k + 1)} for k, n, a in cases]


def pairs():
    cases = [(0, 0), (1, 0), (5, 5), (14, 9), (3, 17), (120, 80)]
    p = lambda a, b: binomtest(min(a, b), a + b).pvalue if a + b else 1.0
    return [{"one": a, "other": b, "p": p(a, b)} for a, b in cases]


def scalings():
    """Vector scaling by L-BFGS-B and temperature by Brent, of logits that are skewed so that there is something to mend."""
    truth = random.integers(0, 3, 120)
    single = f32((random.normal(size=(120, 3)) + 1.5 * np.eye(3)[truth]) * [3, 1, 0.5] + [0.5, 0, -1])

    def of_classes(w, b):
        return -log_softmax(single * w + b, axis=1)[np.arange(120), truth].sum()

    holds = random.random((90, 2)) < [0.5, 0.2]
    multi = f32((random.normal(size=(90, 2)) + 2 * holds - 1) * [4, 0.7] + [1, -0.5])

    def of_labels(w, b):
        z = multi * w + b
        return np.logaddexp(0, z).sum() - z[holds].sum()

    level = random.integers(0, 4, 100)
    ordinal = f32((level[:, None] + random.normal(size=(100, 1)) - [0.5, 1.5, 2.5]) * 3 + 1)

    def of_levels(w, b):
        edges = np.hstack([np.ones((100, 1)), expit(ordinal * w + b), np.zeros((100, 1))])
        return -np.log((edges[:, :-1] - edges[:, 1:])[np.arange(100), level]).sum()

    def fit(loss, count, biases):
        objective = lambda x: loss(x[:count], x[count:]) + (((x[:count] - 1) ** 2).sum() + (x[count:] ** 2).sum()) / 2
        bounds = [(0.05, 20)] * count + [(None, None)] * biases
        start = np.r_[np.ones(count), np.zeros(biases)]
        found = minimize(objective, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-8}).x
        return {"weights": found[:count].tolist(), "biases": found[count:].tolist()}

    def warm(loss):
        return float(np.exp(minimize_scalar(lambda t: loss(np.exp(-t), 0), bounds=np.log([0.05, 20]), method="bounded", options={"xatol": 1e-9}).x))

    return [
        {"link": link, "logits": logits.tolist(), "truth": truth, "temperature": warm(loss), **fit(loss, count, biases)}
        for link, logits, truth, loss, count, biases in [
            ("softmax", single, [[int(t)] for t in truth], of_classes, 3, 3),
            ("sigmoid", multi, [np.flatnonzero(row).tolist() for row in holds], of_labels, 2, 2),
            ("ordinal", ordinal, [[int(t)] for t in level], of_levels, 1, 3),
        ]
    ]


golden = {
    "classes": classes(),
    "labels": labels(),
    "areas": areas(),
    "bounds": bounds(),
    "pairs": pairs(),
    "scalings": scalings(),
}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in golden.items())
(Path(__file__).parent / "evaluate.json").write_text("{\n" + lines + "\n}\n")
print(len(lines), "bytes")
