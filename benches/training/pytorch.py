"""Fine-tunes a sequence classifier with PyTorch and transformers: what `frontdesk train` is timed and judged beside.

    pytorch.py BASE TRAIN.csv TEST.csv --epochs 3 [--batch 32 --rate 1e-4 --threads 2 --device cpu --multi --unsorted]

The loop is the plain one: AdamW, linear warm-up and decay, dropout as the checkpoint has it, gradients clipped at 1. Batches are made of rows of near
length, so that little is padded; `--unsorted`, of rows in random order, as `frontdesk train` makes them. Prints a line for each epoch: seconds of its steps, tokens (without padding) a second, accuracy and macro-F1 on TEST.
"""
import argparse, csv, random, time

import torch
from sklearn.metrics import accuracy_score, f1_score
from transformers import AutoModelForSequenceClassification, AutoTokenizer

arguments = argparse.ArgumentParser()
arguments.add_argument("base"), arguments.add_argument("train"), arguments.add_argument("test")
arguments.add_argument("--epochs", type=int, default=3), arguments.add_argument("--batch", type=int, default=32)
arguments.add_argument("--rate", type=float, default=1e-4), arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--seed", type=int, default=17), arguments.add_argument("--device", default="cpu")
arguments.add_argument("--multi", action="store_true", help="labels of a text are joined by |, each by itself")
arguments.add_argument("--unsorted", action="store_true", help="batches of rows in random order")
given = arguments.parse_args()
torch.set_num_threads(given.threads), torch.manual_seed(given.seed), random.seed(given.seed)


def read(path):
    with open(path, newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def split(label):
    return [part for part in label.split("|") if part] if given.multi else [label]


train, test = read(given.train), read(given.test)
labels = sorted({part for _, label in train for part in split(label)})
index = {label: place for place, label in enumerate(labels)}
tokenizer = AutoTokenizer.from_pretrained(given.base)
problem = "multi_label_classification" if given.multi else "single_label_classification"
model = AutoModelForSequenceClassification.from_pretrained(given.base, num_labels=len(labels), problem_type=problem, dtype=torch.float32)
model.to(given.device)


def encoded(rows):
    ids = [tokenizer(text, truncation=True, max_length=256)["input_ids"] for text, _ in rows]
    if not given.multi:
        return list(zip(ids, [index[label] for _, label in rows]))
    return [(i, [float(name in split(label)) for name in labels]) for i, (_, label) in zip(ids, rows)]


def batches(rows, shuffled):
    rows = list(rows)
    if shuffled:
        random.shuffle(rows)
    if shuffled and not given.unsorted:
        pools = [sorted(rows[at : at + 50 * given.batch], key=lambda row: len(row[0])) for at in range(0, len(rows), 50 * given.batch)]
        groups = [pool[at : at + given.batch] for pool in pools for at in range(0, len(pool), given.batch)]
        random.shuffle(groups)
    else:
        groups = [rows[at : at + given.batch] for at in range(0, len(rows), given.batch)]
    for group in groups:
        longest = max(len(ids) for ids, _ in group)
        padded = [ids + [0] * (longest - len(ids)) for ids, _ in group]
        mask = [[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in group]
        yield tuple(torch.tensor(part, device=given.device) for part in (padded, mask, [target for _, target in group]))


plain = ["bias", "LayerNorm.weight", "layer_norm.weight"]
decayed = [p for name, p in model.named_parameters() if not any(part in name for part in plain)]
others = [p for name, p in model.named_parameters() if any(part in name for part in plain)]
optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}], lr=given.rate)
rows, held = encoded(train), encoded(test)
steps = given.epochs * -(-len(rows) // given.batch)
rise = round(0.1 * steps)
course = lambda step: (step + 1) / (rise + 1) if step < rise else (steps - step) / (steps - rise)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, course)
for epoch in range(1, given.epochs + 1):
    model.train()
    seconds, tokens = 0.0, 0
    for ids, mask, target in batches(rows, True):
        began = time.perf_counter()
        model(input_ids=ids, attention_mask=mask, labels=target).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(), schedule.step(), optimizer.zero_grad()
        seconds, tokens = seconds + time.perf_counter() - began, tokens + int(mask.sum())
    model.eval()
    with torch.inference_mode():
        logits = torch.cat([model(input_ids=ids, attention_mask=mask).logits for ids, mask, _ in batches(held, False)]).cpu()
    truth = torch.tensor([target for _, target in held])
    predicted = (logits > 0).float() if given.multi else logits.argmax(1)
    accuracy, f1 = accuracy_score(truth, predicted), f1_score(truth, predicted, average="macro", zero_division=0)
    print(f"epoch {epoch}: {seconds:.1f} s, {tokens / seconds:.0f} tokens/s, accuracy {accuracy:.4f}, macro-F1 {f1:.4f}", flush=True)
