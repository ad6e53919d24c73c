"""The tokenizer of a network: the bundled model's, or a byte-level one of as many words."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

# In the order of their ids, as shapes.SPECIAL_IDS has them.
NAMES = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
# Of byte-level tokenizers: the blank before a word.
BLANK = "\u0120"


def words(vocabulary: dict[str, int]) -> list[str]:
    """Words that are one token each."""
    if BLANK + "the" in vocabulary:
        vocabulary = {token.removeprefix(BLANK): at for token, at in vocabulary.items() if token.startswith(BLANK)}
    return sorted(word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 2)


def copy(source: Path, path: Path) -> None:
    path.mkdir(exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(source / name, path / name)


def byte_level(known: list[str], size: int, path: Path) -> None:
    """Merges that make the known words whole, and unused tokens up to `size`."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    # With a blank before the first word too, every word is the same token wherever it stands.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(NAMES.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(known, trainer)
    first, last = ((NAMES[use], tokenizer.token_to_id(NAMES[use])) for use in ("cls", "sep"))
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{first[0]} $A {last[0]}", special_tokens=[first, last])
    path.mkdir()
    written = json.loads(tokenizer.to_str())
    # Rows that no text reaches: some engines want a token for each row of the embeddings.
    vocabulary = written["model"]["vocab"]
    vocabulary |= {f"unused{at}": at for at in range(len(vocabulary), size)}
    (path / "tokenizer.json").write_text(json.dumps(written))
    named = {f"{use}_token": name for use, name in NAMES.items()}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, "add_prefix_space": True, **named}
    (path / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
