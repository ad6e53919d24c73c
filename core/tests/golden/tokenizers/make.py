"""Makes small tokenizers of each family and the ids that Hugging Face transformers gives with them.

    python3 -m venv venv && venv/bin/pip install transformers==5.24.0 sentencepiece
    venv/bin/python core/tests/golden/tokenizers/make.py

Each folder under cases/ is what a model on the hub has beside its weights; golden.json has the ids of texts.json and
`model_max_length`. core/src/model/tokenize/checkpoint/tests.rs compares.
"""
import base64, io, json, shutil, tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer

here = Path(__file__).parent
cases = here / "cases"
texts = json.loads((here / "texts.json").read_text())

# What the vocabularies are learnt from: nine scripts, some words often enough to become tokens of their own.
sentences = [
    "The proof arrived late and the colours are wrong.",
    "Could you send the proof again before the press run?",
    "I would like to approve the proof, thank you for the quick work!",
    "Größe und Farbe sind falsch; die façade est naïve, école, öffnen, Łódź.",
    "Заказ пришёл поздно, и цвета неправильные. Спасибо за работу.",
    "Η παραγγελία έφτασε αργά και τα χρώματα είναι λάθος.",
    "وصلت الطلبية متأخرة والألوان خاطئة.",
    "ההזמנה הגיעה באיחור והצבעים שגויים.",
    "ऑर्डर देर से आया और रंग गलत हैं।",
    "คำสั่งซื้อมาช้าและสีผิด",
    "订单来晚了，颜色也不对。",
    "注文が遅れて届き、色も違います。",
    "주문이 늦게 도착했고 색상이 잘못되었습니다.",
    "Prices: 9.99, 12 and 2024; 100% of 3 copies, first, flow, full width 1/2.",
]
letters = " ".join("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'-()")


def learn(model, trainer, splitter):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = splitter
    tokenizer.train_from_iterator(sentences * 3 + [letters], trainer)
    return json.loads(tokenizer.to_str())["model"]


def word_pieces(first, last):
    trainer = trainers.WordPieceTrainer(vocab_size=560, special_tokens=first, show_progress=False)
    vocab = learn(models.WordPiece(unk_token="[UNK]"), trainer, pre_tokenizers.BertPreTokenizer())["vocab"]
    words = sorted(vocab, key=vocab.get)
    return words + last


def byte_pairs(first, last):
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=480, special_tokens=first, initial_alphabet=alphabet, show_progress=False
    )
    model = learn(models.BPE(), trainer, pre_tokenizers.ByteLevel(add_prefix_space=False))
    for word in last:
        model["vocab"][word] = len(model["vocab"])
    return model["vocab"], [" ".join(pair) for pair in model["merges"]]


def pieces(first, last):
    trainer = trainers.UnigramTrainer(vocab_size=420, special_tokens=[], unk_token="<unk>", show_progress=False)
    splitter = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    vocab = learn(models.Unigram(), trainer, splitter)["vocab"]
    vocab = [piece for piece in vocab if piece[0] != "<unk>"]
    return [[word, 0.0] for word in first] + vocab + [[word, 0.0] for word in last]


def charsmap():
    """A charsmap that SentencePiece compiled from a few rules."""
    rules = {"ﬁ": "fi", "ﬂ": "fl", "½": "1/2", "①": "1", "…": "...", "\u3000": " ", "\u00a0": " ", "\t": " ", "\n": " "}
    rules |= {"\u200b": "", "\u0007": "", "e\u0301": "é", "o\u0308": "ö", "™": "TM", "㎏": "kg"}
    rules |= {chr(0xFF41 + i): chr(ord("a") + i) for i in range(26)}
    line = lambda text: " ".join(f"{ord(char):X}" for char in text)
    with tempfile.TemporaryDirectory() as folder:
        table, model = Path(folder) / "rules.tsv", io.BytesIO()
        table.write_text("".join(f"{line(key)}\t{line(to)}\n" for key, to in rules.items()))
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences * 3), model_writer=model, vocab_size=300, character_coverage=1.0,
            normalization_rule_tsv=str(table), hard_vocab_limit=False, minloglevel=2,
        )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()


def added(content, id, **more):
    token = {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False}
    return token | {"normalized": False, "special": True} | more


def file(model, normalizer, splitter, last, tokens):
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer,
        "pre_tokenizer": splitter, "post_processor": last, "decoder": None, "model": model,
    }


def template(first, first_id, last, last_id):
    special = lambda id, type_id=0: {"SpecialToken": {"id": id, "type_id": type_id}}
    text = lambda id, type_id=0: {"Sequence": {"id": id, "type_id": type_id}}
    token = lambda id, number: {"id": id, "ids": [number], "tokens": [id]}
    return {
        "type": "TemplateProcessing", "single": [special(first), text("A"), special(last)],
        "pair": [special(first), text("A"), special(last), text("B", 1), special(last, 1)],
        "special_tokens": {first: token(first, first_id), last: token(last, last_id)},
    }


def case(name, model_type, **files):
    """Writes the files (`__` in a name is a dot) and what transformers makes of them."""
    folder = cases / name
    folder.mkdir(parents=True)
    config = {"model_type": model_type, "vocab_size": 2000} | files.pop("config", {})
    for key, content in {"config__json": config, **files}.items():
        path = folder / key.replace("__", ".")
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_bytes(text.encode())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    limit = tokenizer.model_max_length
    golden = {
        "class": type(tokenizer).__name__,
        "model_max_length": limit if limit < 1e15 else None,
        "ids": [tokenizer(text)["input_ids"] for text in texts],
    }
    if name in ("bert-vocab", "roberta-files", "deberta-v3", "mpnet-vocab"):
        assert len({len(ids) for ids in golden["ids"]}) > 10, name
    (folder / "golden.json").write_text(json.dumps(golden, separators=(",", ":")))
    print(f"{name}: {golden['class']}, {len(tokenizer)} tokens")


shutil.rmtree(cases, ignore_errors=True)

bert = word_pieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], [])
vocab = {word: id for id, word in enumerate(bert)}
special = [added(word, id) for id, word in enumerate(bert[:5])]
wordpiece = {
    "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    "vocab": vocab,
}
lowering = lambda lower: {
    "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": lower
}
of_bert = lambda lower: file(
    wordpiece, lowering(lower), {"type": "BertPreTokenizer"}, template("[CLS]", 2, "[SEP]", 3), special
)
lines = "".join(word + "\n" for word in bert)

case("bert", "bert", tokenizer__json=of_bert(True), tokenizer_config__json={
    "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512, "strip_accents": None,
    "tokenize_chinese_chars": True, "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]",
    "pad_token": "[PAD]", "mask_token": "[MASK]",
})
case("bert-cased-without-settings", "bert", tokenizer__json=of_bert(False))
case("bert-cased-by-settings", "bert", tokenizer__json=of_bert(True), tokenizer_config__json={
    "do_lower_case": False, "model_max_length": 1e30,
})
case("bert-accents-stripped", "bert", tokenizer__json=of_bert(True), tokenizer_config__json={
    "tokenizer_class": "BertTokenizerFast", "do_lower_case": False, "strip_accents": True,
    "tokenize_chinese_chars": False,
})
case("bert-accents-kept", "bert", tokenizer__json=of_bert(False), tokenizer_config__json={
    "do_lower_case": True, "strip_accents": False, "max_len": 128,
})
case("bert-added", "bert", tokenizer__json=of_bert(True), tokenizer_config__json={
    "tokenizer_class": "BertTokenizer", "model_max_length": 77, "extra_special_tokens": ["<quiet>", "<last>"],
    "image_token": "<name>", "mask_token": {"__type": "AddedToken", "content": "[MASK]", "lstrip": True},
    "added_tokens_decoder": {
        "900": {"content": "<new>", "lstrip": False, "rstrip": True, "normalized": True, "single_word": False},
        "4": {"content": "[MASK]", "lstrip": True, "special": True},
        "901": {"content": "proof", "single_word": True, "normalized": True, "special": False},
    },
})
case("bert-added-earlier", "bert", tokenizer__json=of_bert(True), added_tokens__json={"<new>": 901, "<last>": 900},
     special_tokens_map__json={
         "mask_token": {"content": "[MASK]", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False},
         "cls_token": "[CLS]", "additional_special_tokens": ["<quiet>", "<last>"],
     })
case("bert-vocab", "bert", vocab__txt=lines)
case("bert-vocab-windows", "bert", vocab__txt=lines.replace("\n", "\r\n").rstrip(), tokenizer_config__json={
    "do_lower_case": False, "never_split": None, "do_basic_tokenize": True,
})
case("distilbert-vocab", "distilbert", vocab__txt=lines, tokenizer_config__json={
    "tokenizer_class": "DistilBertTokenizer", "do_lower_case": False, "model_max_length": 512,
})
case("electra-vocab", "electra", vocab__txt=lines, tokenizer_config__json={
    "tokenizer_class": "ElectraTokenizerFast", "strip_accents": False, "additional_special_tokens": ["<new>"],
}, special_tokens_map__json={"unk_token": "[UNK]", "sep_token": "[SEP]", "cls_token": "[CLS]"},
   added_tokens__json={"<quiet>": 700})
# Its file as it is: its class is of no family, so that do_lower_case has no say.
case("bert-plain", "bert", tokenizer__json=of_bert(False), tokenizer_config__json={
    "tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": True, "cls_token": "[CLS]", "eos_token": "<last>",
    "additional_special_tokens": ["<new>", "<quiet>"],
})
old = of_bert(True)
old["model"] = {key: value for key, value in wordpiece.items() if key != "type"}
old["post_processor"] = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
case("bert-old", "bert", tokenizer__json=old)
case("bert-old-plain", "bert", tokenizer__json=old, config={"tokenizer_class": "PreTrainedTokenizerFast"})

mpnet = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]"] + bert[5:] + ["<mask>"]
of_mpnet = file(
    wordpiece | {"vocab": {word: id for id, word in enumerate(mpnet)}}, lowering(True), {"type": "BertPreTokenizer"},
    {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False},
    [added(mpnet[id], id) for id in (0, 1, 2, 4)] + [added("<mask>", len(mpnet) - 1, lstrip=True)],
)
case("mpnet", "mpnet", tokenizer__json=of_mpnet, tokenizer_config__json={
    "tokenizer_class": "MPNetTokenizer", "do_lower_case": True, "model_max_length": 384, "cls_token": "<s>",
    "unk_token": "[UNK]", "mask_token": "<mask>",
})
case("mpnet-vocab", "mpnet", vocab__txt="".join(word + "\n" for word in mpnet), tokenizer_config__json={
    "do_lower_case": False,
})

pairs, merges = byte_pairs(["<s>", "<pad>", "</s>", "<unk>"], ["<mask>"])
level = lambda prefix=False: {
    "type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": True,
}
bpe = {
    "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
    "fuse_unk": False, "byte_fallback": False, "vocab": pairs, "merges": merges,
}
ends = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False}
of_roberta = file(
    bpe, None, level(), ends,
    [added(word, id, normalized=True) for id, word in enumerate(list(pairs)[:4])]
    + [added("<mask>", pairs["<mask>"], lstrip=True)],
)
vocab_json, merges_txt = json.dumps(pairs), "#version: 0.2\n" + "\n".join(merges) + "\n"
case("roberta", "roberta", tokenizer__json=of_roberta, tokenizer_config__json={
    "tokenizer_class": "RobertaTokenizer", "model_max_length": 512, "add_prefix_space": False, "bos_token": "<s>",
    "mask_token": {"__type": "AddedToken", "content": "<mask>", "lstrip": True, "normalized": True},
})
case("roberta-prefix", "roberta", tokenizer__json=of_roberta, tokenizer_config__json={"add_prefix_space": True})
case("roberta-files", "roberta", vocab__json=vocab_json, merges__txt=merges_txt)
case("roberta-files-earlier", "roberta", vocab__json=vocab_json, merges__txt=merges_txt, special_tokens_map__json={
    "mask_token": {"content": "<mask>", "single_word": False, "lstrip": True, "rstrip": False, "normalized": False},
    "cls_token": {"content": "<s>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": True},
}, tokenizer_config__json={"model_max_length": 512})
sequence = of_roberta | {"post_processor": {"type": "Sequence", "processors": [level(), template("<s>", 0, "</s>", 2)]}}
case("roberta-plain", "roberta", tokenizer__json=sequence, tokenizer_config__json={
    "tokenizer_class": "TokenizersBackend",
})

modern, modern_merges = byte_pairs([], [])
count = len(modern)
tokens = [added(" " * length, count + 24 - length, normalized=True, special=False) for length in range(24, 1, -1)]
names = ["|||EMAIL|||", "[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
tokens += [added(name, count + 23 + at, lstrip=name == "[MASK]", special=at > 0) for at, name in enumerate(names)]
case("modernbert", "modernbert", tokenizer__json=file(
    bpe | {"vocab": modern, "merges": [pair.split(" ") for pair in modern_merges]}, {"type": "NFC"}, level(),
    template("[CLS]", count + 25, "[SEP]", count + 26), tokens,
), tokenizer_config__json={
    "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 8192, "unk_token": "[UNK]", "cls_token": "[CLS]",
    "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]", "clean_up_tokenization_spaces": True,
    "added_tokens_decoder": {
        str(token["id"]): {key: value for key, value in token.items() if key != "id"} for token in tokens
    },
})

table = charsmap()
precompiled = {"type": "Precompiled", "precompiled_charsmap": table}
spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
words = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]}
xlm = pieces(["<s>", "<pad>", "</s>", "<unk>"], ["<mask>"])
of_xlm = file(
    {"type": "Unigram", "unk_id": 3, "vocab": xlm}, {"type": "Sequence", "normalizers": [precompiled, spaces]}, words,
    template("<s>", 0, "</s>", 2),
    [added(word, id) for id, (word, _) in enumerate(xlm[:4])] + [added("<mask>", len(xlm) - 1, lstrip=True)],
)
case("xlm-roberta", "xlm-roberta", tokenizer__json=of_xlm, tokenizer_config__json={
    "tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512, "bos_token": "<s>", "mask_token": "<mask>",
})
case("xlm-roberta-without-settings", "xlm-roberta", tokenizer__json=of_xlm)
case("xlm-roberta-plain", "xlm-roberta", tokenizer__json=of_xlm, tokenizer_config__json={
    "tokenizer_class": "PreTrainedTokenizerFast",
})
case("bert-of-pieces", "bert", tokenizer__json=of_xlm, tokenizer_config__json={
    "tokenizer_class": "XLMRobertaTokenizerFast",
})
french = pieces(["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"], ["<mask>"])
case("camembert", "camembert", tokenizer__json=file(
    {"type": "Unigram", "unk_id": 3, "vocab": french}, precompiled, words, template("<s>", 5, "</s>", 6),
    [added(french[id][0], id) for id in (0, 1, 2, 3, 5, 6)] + [added("<mask>", len(french) - 1, lstrip=True)],
), tokenizer_config__json={"tokenizer_class": "CamembertTokenizer", "model_max_length": 512})

deberta = pieces(["[PAD]", "[CLS]", "[SEP]", "[UNK]"], [])
of_deberta = file(
    {"type": "Unigram", "unk_id": 3, "vocab": deberta},
    {"type": "Sequence", "normalizers": [{"type": "Strip", "strip_left": True, "strip_right": True}, precompiled, spaces]},
    {"type": "Sequence", "pretokenizers": [metaspace]}, template("[CLS]", 1, "[SEP]", 2),
    [added(word, id, normalized=word == "[UNK]") for id, (word, _) in enumerate(deberta[:4])]
    + [added("[MASK]", len(deberta))],
)
case("deberta-v3", "deberta-v2", tokenizer__json=of_deberta, tokenizer_config__json={
    "tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": False, "split_by_punct": False, "vocab_type": "spm",
    "sp_model_kwargs": {}, "model_max_length": 1000000000000000019884624838656, "unk_token": "[UNK]",
})
case("deberta-v3-earlier", "deberta-v2", tokenizer__json=of_deberta, added_tokens__json={"[MASK]": len(deberta)},
     tokenizer_config__json={"do_lower_case": True, "split_by_punct": True, "add_prefix_space": False})
case("deberta-v3-plain", "deberta-v2", tokenizer__json=of_deberta, tokenizer_config__json={
    "tokenizer_class": "PreTrainedTokenizerFast",
})
