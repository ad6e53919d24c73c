"""Writes the same made-up labelled rows as CSV, Parquet and JSON lines, for `reading`.

    benches/archive/run labelled.py ROWS FOLDER

Columns `id`, `text` (4 to 30 words; one in ten with quotes, one in twenty-five of several lines) and `label`. `quoted.csv` has quotes around every field, `plain.csv` where they must be.
"""
import json
import random
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

WORDS = "the proof shows wrong blue press has been waiting for an answer since monday please call me invoice order cover page title upload fails again thanks".split()


def text(number: int, random: random.Random) -> str:
    words = " ".join(random.choice(WORDS) for _ in range(random.randint(4, 30)))
    if number % 10 == 0:
        words += f', "as you said", {random.choice(WORDS)}'
    if number % 25 == 0:
        words += f"\nBest,\n{random.choice(WORDS)}"
    return words


def main() -> None:
    rows, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(7)
    texts = [text(number, chance) for number in range(rows)]
    labels = [chance.choice("abcdef") for _ in range(rows)]
    table = pa.table({"id": [str(number) for number in range(rows)], "text": texts, "label": labels})
    pa.parquet.write_table(table, folder / "rows.parquet")
    pa.csv.write_csv(table, folder / "quoted.csv", pa.csv.WriteOptions(quoting_style="all_valid"))
    with (folder / "plain.csv").open("w", newline="") as plain, (folder / "rows.jsonl").open("w") as lines:
        plain.write("id,text,label\n")
        for number, (message, label) in enumerate(zip(texts, labels)):
            field = '"' + message.replace('"', '""') + '"' if set(message) & set(',"\n') else message
            plain.write(f"{number},{field},{label}\n")
            lines.write(json.dumps({"id": str(number), "text": message, "label": label}) + "\n")


if __name__ == "__main__":
    main()
