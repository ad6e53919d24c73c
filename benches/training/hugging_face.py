"""Opens a trained single-task model with transformers and compares its answers with the command's.

    hugging_face.py FRONTDESK MODEL FILE.csv [ROWS]     (an environment with torch and transformers)

Prints the rows with the same label, and the largest difference of a probability: transformers' logits are divided by the temperature in
frontdesk.json. A model with a vector scaling is refused.
"""
import csv, json, subprocess, sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

frontdesk, folder, file, rows = [*sys.argv[1:4], *sys.argv[4:5], "200"][:4]
(head,) = json.loads((Path(folder) / "frontdesk.json").read_text())["heads"]
if "scaling" in head:
    sys.exit("the model has a vector scaling, which this comparison does not know")
model, found = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
print("tensors that are missing or unexpected:", sum(map(len, found.values())))
model.eval()
tokenizer = AutoTokenizer.from_pretrained(folder)
texts = [row["text"].replace("\n", " ") for row in csv.DictReader(open(file, newline=""))][: int(rows)]
command = [frontdesk, "analyze", "--input", "-", "--model", folder, "--format", "jsonl"]
answers = subprocess.run(command, input="\n".join(texts), capture_output=True, text=True, check=True).stdout.splitlines()
same, furthest = 0, 0.0
for text, answer in zip(texts, answers, strict=True):
    with torch.inference_mode():
        logits = model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=256, padding=False)).logits[0]
    probabilities = torch.softmax(logits / head["temperature"], 0)
    ours = json.loads(answer)[head["name"]]
    same += model.config.id2label[int(logits.argmax())] == ours["label"]
    for label in ours["labels"]:
        furthest = max(furthest, abs(label["score"] - float(probabilities[model.config.label2id[label["label"]]])))
print(f"{same} of {len(texts)} rows have the same label; the largest difference of a probability is {furthest:.1e}")
