"""One network of each family as wide as its published base model, with random weights."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

import vocabulary
from vocabulary import BERT_NAMES, ROBERTA_NAMES

LABELS = ("negative", "neutral", "positive")
# Wider than transformers' 0.02: texts then differ by more than the head has to amplify.
SPREAD = 0.04
# Standard deviation of each label's logits over the texts.
LOGITS = 1.5


@dataclass(frozen=True)
class Family:
    model_type: str
    tokenizer: str
    names: dict[str, str]
    longest: int
    config: dict


BERT = dict(vocab_size=30522, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072)
ROBERTA = BERT | dict(max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
DEBERTA = BERT | dict(vocab_size=128100, type_vocab_size=0, layer_norm_eps=1e-7, relative_attention=True, position_buckets=256,
                      norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
                      max_relative_positions=-1)
ELECTRA_SMALL = dict(embedding_size=128, hidden_size=256, num_attention_heads=4, intermediate_size=1024)
MPNET = dict(vocab_size=30527, max_position_embeddings=514, layer_norm_eps=1e-5)
MODERNBERT = BERT | dict(vocab_size=50368, num_hidden_layers=22, intermediate_size=1152)

FAMILIES = {
    "bert": Family("bert", "wordpiece", BERT_NAMES, 512, BERT),
    "distilbert": Family("distilbert", "wordpiece", BERT_NAMES, 512, {"vocab_size": 30522}),
    "roberta": Family("roberta", "bytes", ROBERTA_NAMES, 512, ROBERTA | {"vocab_size": 50265}),
    "xlm-roberta": Family("xlm-roberta", "unigram", ROBERTA_NAMES, 512, ROBERTA | {"vocab_size": 250002}),
    "camembert": Family("camembert", "unigram", ROBERTA_NAMES, 512, ROBERTA | {"vocab_size": 32005}),
    "electra": Family("electra", "wordpiece", BERT_NAMES, 512, BERT | {"embedding_size": 768}),
    "electra-small": Family("electra", "wordpiece", BERT_NAMES, 512, BERT | ELECTRA_SMALL),
    "mpnet": Family("mpnet", "wordpiece", ROBERTA_NAMES, 512, BERT | MPNET),
    "deberta-v2": Family("deberta-v2", "unigram", BERT_NAMES, 512, DEBERTA),
    "modernbert": Family("modernbert", "bytes", BERT_NAMES, 8192, MODERNBERT),
    "modernbert-mean": Family("modernbert", "bytes", BERT_NAMES, 8192, MODERNBERT | {"classifier_pooling": "mean"}),
}


def randomize(model) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            norm = "norm" in name.lower() and name.endswith("weight")
            parameter.normal_(1.0 if norm else 0.0, 0.1 if norm else SPREAD)


def tokens(tokenizer, text: str, longest: int) -> torch.Tensor:
    return tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")


def logits_of(model, tokenizer, texts: list[str], longest: int) -> torch.Tensor:
    """One text at a time: nothing is padded."""
    with torch.inference_mode():
        return torch.cat([model(**tokens(tokenizer, text, longest)).logits for text in texts])


def write(family: Family, folder: Path, texts: list[str], corpus: list[str]) -> None:
    """A checkpoint whose answers differ between texts: the last layer is scaled to logits of one spread around 0."""
    ids = vocabulary.save(folder, family.tokenizer, family.names, corpus, family.longest)
    special = {"pad_token_id": ids["pad"], "bos_token_id": ids["cls"], "eos_token_id": ids["sep"]}
    if family.model_type == "modernbert":
        special |= {"cls_token_id": ids["cls"], "sep_token_id": ids["sep"]}
    labels = {"id2label": dict(enumerate(LABELS)), "label2id": {label: at for at, label in enumerate(LABELS)}}
    torch.manual_seed(11)
    config = AutoConfig.for_model(family.model_type, **family.config | special | labels)
    model = AutoModelForSequenceClassification.from_config(config)
    randomize(model)
    model.eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = logits_of(model, tokenizer, texts[::4], family.longest)
    linear = (module for module in model.modules() if isinstance(module, torch.nn.Linear))
    # Some classes name the head before the trunk: it is known by its width.
    last = [module for module in linear if module.out_features == len(LABELS)][-1]
    with torch.no_grad():
        # Centred labels stay independent of each other, so that every one of them wins some texts.
        scale = LOGITS / found.std(0)
        last.weight *= scale[:, None]
        last.bias.copy_(scale * (last.bias - found.mean(0)))
    print(f"{family.model_type}: the last layer is scaled by {', '.join(f'{value:.1f}' for value in scale)}", flush=True)
    model.save_pretrained(folder)


def reference(folder: Path, texts: list[str], longest: int) -> list[list[float]]:
    """What transformers gives each text in float32."""
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return logits_of(model, tokenizer, texts, longest).double().softmax(-1).tolist()
