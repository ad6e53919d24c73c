"""Makes the golden values of every family of encoders, from Hugging Face transformers.

    python3 -m venv venv && venv/bin/pip install torch transformers
    venv/bin/python models/tests/golden/families/make.py models/tests/golden/families

Writes a tiny random checkpoint for each row of variants.py, and golden.json: the ids of each sequence, the logits that
transformers gives for it alone (float32, eager attention, nothing masked), and the first and the mean last hidden state.
What is read is what was written: a checkpoint is opened again from its folder before anything is asked of it.
"""
import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from variants import LONG, VARIANTS, VOCABULARY

PROBLEMS = [("single_label_classification", 3), ("multi_label_classification", 5), ("regression", 1)]
LENGTHS = [1, 2, 3, 9, 17, 33, 40]
# Every trunk reads at least this far; the rows of LONG go on to where their buckets end.
LONG_LENGTH = 150


def sequences_of(variant, pad, generator):
    """Sequences of fixed lengths; from nine ids on, some of the inner ones are the padding's."""
    lengths = LENGTHS + ([LONG_LENGTH] if variant in LONG else [])
    sequences = []
    for length in lengths:
        ids = torch.randint(4, VOCABULARY, (length,), generator=generator).tolist()
        ids[0] = 2
        if length > 1:
            ids[-1] = 3
        if length >= 9:
            ids[4] = pad
        if length >= 17:
            ids[5] = ids[11] = pad
        sequences.append(ids)
    return sequences


def randomize(model):
    """Draws every parameter, so that biases are not 0 and norms are not 1: else a test would not see them mixed up."""
    for name, parameter in model.named_parameters():
        norm = "norm" in name.lower() and name.endswith("weight")
        # Scores' offsets are drawn wider, so that a wrong bucket moves the logits.
        spread = 1.0 if "relative_attention_bias" in name else 0.25
        torch.nn.init.normal_(parameter, mean=1.0 if norm else 0.0, std=0.2 if norm else spread)


def answers(model, ids):
    """(logits, first state, mean of states) of one sequence that nothing is added to."""
    with torch.inference_mode():
        tokens = {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids), dtype=torch.long)}
        # The last of hidden_states is before the final norm in some families: the trunk itself is asked.
        states = model.base_model(**tokens).last_hidden_state[0]
        return model(**tokens).logits[0].tolist(), states[0].tolist(), states.mean(0).tolist()


def check(name, model, case):
    """Stops where the logits would not see a mistake: sequences that agree, or an order of ids that does not matter."""
    logits = torch.tensor(case["logits"])
    assert torch.isfinite(logits).all(), name
    assert logits[2:].std(0).min() > 0.02, f"{name}: the logits hardly differ between sequences"
    for ids, before in list(zip(case["sequences"], logits))[3:]:
        swapped = [ids[0], *reversed(ids[1:-1]), ids[-1]]
        after = torch.tensor(answers(model, swapped)[0])
        assert (after - before).abs().max() > 1e-3, f"{name}: the order of ids does not matter"


def make(out, index, variant, row):
    torch.manual_seed(index + 1)
    problem, labels = PROBLEMS[index % len(PROBLEMS)]
    config = AutoConfig.for_model(row["model_type"], **row["config"], num_labels=labels, problem_type=problem)
    model = AutoModelForSequenceClassification.from_config(config)
    randomize(model)
    folder = out / variant
    shutil.rmtree(folder, ignore_errors=True)
    model.to(getattr(torch, row["stored"])).save_pretrained(folder)
    restyle(folder / "config.json", row["renamed"])
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    model.eval()
    sequences = sequences_of(variant, row["config"]["pad_token_id"], torch.Generator().manual_seed(index + 1))
    logits, first, mean = zip(*(answers(model, ids) for ids in sequences))
    case = {"checkpoint": variant, "sequences": sequences, "logits": logits}
    if row["states"]:
        case |= {"cls": first, "mean": mean}
    check(variant, model, case)
    return case


def restyle(path, renamed):
    """Rewrites config.json as published files of older releases have it: None takes a key away."""
    config = json.loads(path.read_text())
    for key, value in renamed.items():
        if value is None:
            config.pop(key, None)
        else:
            config[key] = value
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    out = Path(sys.argv[1])
    cases = [make(out, index, variant, row) for index, (variant, row) in enumerate(VARIANTS.items())]
    (out / "golden.json").write_text(json.dumps({"cases": cases}) + "\n")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{len(cases)} checkpoints, {size / 1e3:.0f} kB")
