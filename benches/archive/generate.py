"""Writes an archive of tickets that is made from our own, the same for the same seed.

    benches/archive/run generate.py ROWS OUT.parquet [--mix peers|short] [--seed N]

`peers` has texts as long as those of benches/peers, in tokens, all distinct. `short` has short texts and mostly repeats: draws from 20,000
texts, the n-th of them 1 / n as often as the first, and one row in a thousand that no other row is like. Columns: `id`, `text`,
`created_at`. Written as it is made, in groups of 100,000 rows. Prints a JSON line: rows, mix, seed, bytes of the file and seconds.
"""
from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benches" / "peers"))

import mix  # noqa: E402

TICKETS = ROOT / "datasets" / "tickets" / "batches"
# Whose tokens are counted: the checkpoint of benches/peers has the same.
TOKENIZER = ROOT / "models" / "bundles" / "frontdesk-small" / "tokenizer.json"
GROUP = 100_000
SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string()), ("created_at", pa.string())])
FIRST, STEP = datetime(2025, 1, 1, tzinfo=UTC), timedelta(seconds=3)
# Of the short mix: texts that repeat, the share of rows that do not, and the most words of a sentence or of half a text.
POOL, ONE_OFF = 20_000, 0.001
SENTENCE, FRAGMENT = 12, 6
# Of the peers' mix: places of a table of what was written, in bits, and tries for a new text before its words are drawn one by one.
SEEN_BITS, TRIES = 1 << 30, 20


def sentences() -> list[list[str]]:
    """The words of each sentence of our tickets, in the order of the files."""
    found: dict[str, None] = {}
    for path in sorted(TICKETS.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            found |= dict.fromkeys(re.split(r"(?<=[.!?])\s+", json.loads(line)["text"]))
    split = (sentence.split() for sentence in found)
    return [words for words in split if words]


class Seen:
    """Says whether a text is surely new, in bounded memory: some new ones are taken for old, none the other way."""

    def __init__(self) -> None:
        self.bits = bytearray(SEEN_BITS // 8)

    def add(self, text: str) -> bool:
        place = zlib.crc32(text.encode()) % SEEN_BITS
        byte, bit = place >> 3, 1 << (place & 7)
        new = not self.bits[byte] & bit
        self.bits[byte] |= bit
        return new


class Peers:
    """Texts with the token counts of benches/peers: each 256 rows have all of them once, in random order."""

    def __init__(self, pick: random.Random):
        from tokenizers import Tokenizer

        self.pick, self.seen = pick, Seen()
        words = sentences()
        vocabulary = sorted({word for sentence in words for word in sentence})
        tokenizer = Tokenizer.from_file(str(TOKENIZER))
        tokenizer.no_padding()
        # No token reaches over a space, so that a text has as many as its words have.
        encoded = tokenizer.encode_batch_fast(vocabulary, add_special_tokens=False)
        self.tokens = {word: len(encoding.ids) for word, encoding in zip(vocabulary, encoded, strict=True)}
        self.sentences = [[word for word in sentence if self.tokens[word]] for sentence in words]
        self.single = [word for word in vocabulary if self.tokens[word] == 1]

    def recombined(self, left: int) -> str:
        """The end of one sentence, then others, cut where the tokens are used up."""
        words: list[str] = []
        while left:
            sentence = self.pick.choice(self.sentences)
            start = self.pick.randrange(len(sentence)) if not words else 0
            for word in sentence[start:]:
                if self.tokens[word] > left:
                    word = self.pick.choice(self.single)
                words.append(word)
                left -= self.tokens[word]
                if not left:
                    break
        return " ".join(words)

    def text(self, tokens: int) -> str:
        for _ in range(TRIES):
            if self.seen.add(text := self.recombined(tokens)):
                return text
        while not self.seen.add(text := " ".join(self.pick.choices(self.single, k=tokens))):
            pass
        return text

    def texts(self) -> Iterator[str]:
        counts = mix.token_counts()
        while True:
            self.pick.shuffle(counts)
            yield from (self.text(count - mix.SPECIAL) for count in counts)


class Short:
    """Few texts, some of them very often, and now and then one that comes once."""

    def __init__(self, pick: random.Random):
        self.pick = pick
        self.sentences = sentences()
        pool = dict.fromkeys(" ".join(words) for words in self.sentences if len(words) <= SENTENCE)
        while len(pool) < POOL:
            pool[self.two_fragments()] = None
        self.pool = list(pool)[:POOL]
        pick.shuffle(self.pool)
        self.weights = list(accumulate(1 / rank for rank in range(1, POOL + 1)))

    def fragment(self) -> list[str]:
        sentence = self.pick.choice(self.sentences)
        start = self.pick.randrange(max(1, len(sentence) - FRAGMENT + 1))
        return sentence[start : start + self.pick.randint(2, FRAGMENT)]

    def two_fragments(self) -> str:
        return " ".join(self.fragment() + self.fragment())

    def texts(self) -> Iterator[str]:
        once = 0
        while True:
            for text in self.pick.choices(self.pool, cum_weights=self.weights, k=GROUP):
                if self.pick.random() < ONE_OFF:
                    once += 1
                    text = f"{self.two_fragments()} no. {once:08d}"
                yield text


MIXES = {"peers": Peers, "short": Short}


def table(texts: list[str], first: int) -> pa.Table:
    rows = range(first, first + len(texts))
    ids = [f"T-{row:010d}" for row in rows]
    times = [(FIRST + row * STEP).isoformat() for row in rows]
    return pa.table([ids, texts, times], schema=SCHEMA)


def write(rows: int, path: Path, texts: Iterator[str]) -> None:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for first in range(0, rows, GROUP):
            group = list(islice(texts, min(GROUP, rows - first)))
            writer.write_table(table(group, first), row_group_size=GROUP)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mix", choices=MIXES, default="peers")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()
    write(options.rows, options.out, MIXES[options.mix](random.Random(options.seed)).texts())
    seconds = round(time.perf_counter() - start, 1)
    facts = {"rows": options.rows, "mix": options.mix, "seed": options.seed, "bytes": options.out.stat().st_size, "seconds": seconds}
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
