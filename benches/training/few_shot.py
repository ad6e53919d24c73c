"""A few examples of each label: `frontdesk train` beside SetFit (Tunstall et al. 2022) with the same base, the same rows and the same test.

    few_shot.py FRONTDESK BASE TRAIN.csv TEST.csv [--shots 8 --seeds 1 2 3 --device cpu]     (an environment with torch and setfit)

Draws `shots` rows of each label for every seed. SetFit runs as its paper has it: 20 pairs of each kind a row, one pass, batches of 16, a logistic
regression on top. Ours gets the command below and holds a part of these rows back by itself, to choose the epoch and to calibrate. Prints accuracy and
seconds of both, and their means.
"""
import argparse, csv, json, random, subprocess, tempfile, time
from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from setfit import SetFitModel, Trainer, TrainingArguments
from sklearn.metrics import accuracy_score

OURS = ["--method", "full", "--pooling", "mean", "--probe", "--epochs", "20", "--patience", "20"]

arguments = argparse.ArgumentParser()
arguments.add_argument("frontdesk"), arguments.add_argument("base"), arguments.add_argument("train"), arguments.add_argument("test")
arguments.add_argument("--shots", type=int, default=8), arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3]), arguments.add_argument("--device", default="cpu", help="where SetFit runs")
given = arguments.parse_args()
torch.set_num_threads(given.threads)


def read(path):
    with open(path, newline="") as file:
        return [{"text": row["text"], "label": row["label"]} for row in csv.DictReader(file)]


def drawn(rows, seed):
    of_label = {}
    for row in rows:
        of_label.setdefault(row["label"], []).append(row)
    draw = random.Random(seed)
    return [row for label in sorted(of_label) for row in draw.sample(of_label[label], given.shots)]


def ours(few, seed, folder):
    data, model = folder / f"few-{seed}.csv", folder / f"ours-{seed}"
    with open(data, "w", newline="") as file:
        table = csv.DictWriter(file, ["text", "label"])
        table.writeheader(), table.writerows(few)
    train = [given.frontdesk, "train", "--data", data, "--task", "label", "--base", given.base, "--output", model, "--seed", str(seed)]
    subprocess.run([*train, "--threads", str(given.threads), *OURS], check=True, capture_output=True)
    evaluate = [given.frontdesk, "evaluate", "--model", model, "--data", given.test, "--format", "json"]
    return json.loads(subprocess.run(evaluate, check=True, capture_output=True).stdout)["accuracy"]["value"]


def setfit(few, seed, folder):
    trunk = modules.Transformer(given.base)
    body = SentenceTransformer(modules=[trunk, modules.Pooling(trunk.get_word_embedding_dimension()), modules.Normalize()], device=given.device)
    body.save(str(folder / "body"))
    model = SetFitModel.from_pretrained(str(folder / "body"), device=given.device)
    options = TrainingArguments(str(folder / "runs"), batch_size=16, num_epochs=1, num_iterations=20, seed=seed, save_strategy="no", report_to="none")
    Trainer(model=model, args=options, train_dataset=Dataset.from_list(few)).train()
    test = read(given.test)
    return accuracy_score([row["label"] for row in test], list(model.predict([row["text"] for row in test])))


rows, results = read(given.train), {"frontdesk": [], "setfit": []}
with tempfile.TemporaryDirectory() as place:
    for seed in given.seeds:
        few = drawn(rows, seed)
        for name, run in [("frontdesk", ours), ("setfit", setfit)]:
            began = time.perf_counter()
            results[name].append(run(few, seed, Path(place)))
            print(f"seed {seed}: {name} {results[name][-1]:.4f}, {time.perf_counter() - began:.0f} s", flush=True)
print("; ".join(f"{name} {sum(values) / len(values):.4f}" for name, values in results.items()))
