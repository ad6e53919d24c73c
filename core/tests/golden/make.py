"""Makes the golden tokens that core/src/tokenize/tests.rs compares with, from Hugging Face transformers.

    python3 -m venv venv && venv/bin/pip install transformers
    venv/bin/python core/tests/golden/make.py

Of each text, 64 bits of the SHA-256 of its ids are stored: the first 8 bytes of the digest of the ids joined by spaces.
"""
import hashlib, json
from pathlib import Path

from transformers import AutoTokenizer

root = Path(__file__).parents[3]
tokenizer = AutoTokenizer.from_pretrained(root / "models/bundles/frontdesk-small")
texts = []
for batch in sorted((root / "datasets/tickets/batches").glob("*.jsonl")):
    for line in batch.read_text().splitlines():
        text = json.loads(line)["text"]
        # A message of several lines is several texts more.
        texts += [text] + ([part for part in text.split("\n") if part.strip()] if "\n" in text else [])
texts += json.loads((Path(__file__).parent / "hostile.json").read_text())
texts += ["tok" * 33_333 + "x", "a b " * 25_000]


def digest(text):
    ids = tokenizer(text, truncation=False, padding=False)["input_ids"]
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()[:16]


lines = [digest(text) for text in texts]
(Path(__file__).parent / "tokens.txt").write_text("\n".join(lines) + "\n")
print(len(texts), "texts")
