"""What a trunk still tells apart: a logistic regression on its mean-pooled vectors, of few rows, beside that on another trunk.

    transfer.py TRAIN.csv TEST.csv TRUNK [TRUNK ...] [--shots 8 --labels 8 --sets 3 --draws 5]     (an environment with torch, transformers, scikit-learn)

Each of the sets is so many labels, drawn by its number; each draw so many rows of each label. Prints for every trunk, a bundle or a plain encoder, the
accuracy on the test rows of these labels: the mean over the draws for each set, and over all. The vectors are not normalised; the regression is
scikit-learn's with its defaults, on standardised vectors.
"""
import argparse, csv, random

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from transformers import AutoModel, AutoTokenizer

arguments = argparse.ArgumentParser()
arguments.add_argument("train"), arguments.add_argument("test"), arguments.add_argument("trunks", nargs="+")
arguments.add_argument("--shots", type=int, default=8), arguments.add_argument("--labels", type=int, default=8)
arguments.add_argument("--sets", type=int, default=3), arguments.add_argument("--draws", type=int, default=5)
arguments.add_argument("--threads", type=int, default=2)
given = arguments.parse_args()
torch.set_num_threads(given.threads)


def read(path):
    with open(path, newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def vectors(trunk, texts):
    tokenizer = AutoTokenizer.from_pretrained(trunk)
    model = AutoModel.from_pretrained(trunk, dtype=torch.float32).eval()
    found = []
    for first in range(0, len(texts), 64):
        batch = tokenizer(texts[first : first + 64], padding=True, truncation=True, max_length=128, return_tensors="pt")
        with torch.inference_mode():
            states = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        found.append(((states * mask).sum(1) / mask.sum(1)).numpy())
    return np.concatenate(found)


train, test = read(given.train), read(given.test)
names = sorted({label for _, label in train})
chosen = [random.Random(number).sample(names, given.labels) for number in range(given.sets)]
wanted = {label for labels in chosen for label in labels}
train, test = [[row for row in rows if row[1] in wanted] for rows in (train, test)]
truth = np.array([label for _, label in test])
for trunk in given.trunks:
    of_train, of_test = vectors(trunk, [text for text, _ in train]), vectors(trunk, [text for text, _ in test])
    means = []
    for number, labels in enumerate(chosen):
        held = np.isin(truth, labels)
        scores = []
        for draw in range(given.draws):
            pick = random.Random(1000 * number + draw)
            rows = [place for label in labels for place in pick.sample([i for i, row in enumerate(train) if row[1] == label], given.shots)]
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
            model.fit(of_train[rows], [train[row][1] for row in rows])
            scores.append(float((model.predict(of_test[held]) == truth[held]).mean()))
        means.append(np.mean(scores))
    print(f"{trunk}: {np.mean(means):.4f}  of the sets", " ".join(f"{mean:.4f}" for mean in means))
