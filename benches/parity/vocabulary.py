"""Tokenizers of the three kinds that checkpoints have, trained on a few sentences; ids are far below the models' vocabularies."""
from __future__ import annotations

from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SIZE = 4000


def word_piece(texts: list[str], special: list[str], unknown: str) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=SIZE, special_tokens=special, show_progress=False))
    return tokenizer


def byte_level(texts: list[str], special: list[str], unknown: str) -> Tokenizer:
    del unknown  # Every byte is known.
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=SIZE, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def unigram(texts: list[str], special: list[str], unknown: str) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=SIZE, special_tokens=special, unk_token=unknown, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


KINDS = {"wordpiece": word_piece, "bytes": byte_level, "unigram": unigram}
# In the order of their ids: padding, unknown, first and last token of a text, mask.
BERT_NAMES = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
ROBERTA_NAMES = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}


def save(folder: Path, kind: str, names: dict[str, str], texts: list[str], longest: int) -> dict[str, int]:
    """Writes tokenizer.json and tokenizer_config.json, and gives the ids of the special tokens by their use."""
    tokenizer = KINDS[kind](texts, list(names.values()), names["unk"])
    ids = {use: tokenizer.token_to_id(name) for use, name in names.items()}
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names['cls']} $A {names['sep']}",
        special_tokens=[(names["cls"], ids["cls"]), (names["sep"], ids["sep"])],
    )
    named = {f"{use}_token": name for use, name in names.items()}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=longest, **named).save_pretrained(folder)
    return ids
