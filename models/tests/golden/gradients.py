"""Makes the gradients that tests/training.rs compares with, from PyTorch's autograd over transformers' models.

    venv/bin/python models/tests/golden/gradients.py models/tests/golden     (the environment of make.py)

The loss is the sum of state[i] * sin(i + 1) over the last hidden states of SEQUENCES, i counting their values end to end. Writes a
safetensors file for each family: a tensor for each parameter, under its name in the checkpoint.
"""
import json, sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification

out = Path(sys.argv[1])
sequences = json.loads((out / "golden.json").read_text())["cases"][0]["sequences"]
for family, folder in {"bert": "bert-single-float32", "distilbert": "distilbert-single-float32", "roberta": "families/roberta"}.items():
    model = AutoModelForSequenceClassification.from_pretrained(out / folder, dtype=torch.float32, attn_implementation="eager").eval()
    trunk, start = getattr(model, family), 0
    for ids in sequences:
        states = trunk(input_ids=torch.tensor([ids])).last_hidden_state.flatten()
        (states * torch.sin(torch.arange(start + 1, start + 1 + states.numel()).float())).sum().backward()
        start += states.numel()
    gradients = {f"{family}.{name}": p.grad for name, p in trunk.named_parameters() if p.grad is not None}
    save_file(gradients, out / f"gradients-{family}.safetensors")
    print(family, len(gradients), "tensors")
