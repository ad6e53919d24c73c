"""How often a precision gives the label that float32 gives, and what each is right in.

    benches/agreement.py FRONTDESK FILE.csv... [--precision int8] [--model MODEL]

FRONTDESK is the built command; a file has the columns `text` and `label`. One JSON line a file and label: rows, the share of rows with the
same label in both precisions, and, where the file's labels are this head's, both accuracies.
"""
import argparse
import csv
import json
import subprocess


def analyses(command, path, precision, model):
    """The labels of a file's rows, by head."""
    line = [command, "analyze", "--input", path, "--text-column", "text", "--format", "jsonl", "--precision", precision]
    line += ["--model", model] if model else []
    result = subprocess.run(line, stdout=subprocess.PIPE, check=True)
    for row in map(json.loads, result.stdout.splitlines()):
        sentiment = row["sentiment"]
        yield {
            "sentiment": sentiment["sentiment"],
            "emotion": max(sentiment["emotions"], key=sentiment["emotions"].get) if sentiment.get("emotions") else None,
            "urgency": sentiment["urgency_level"],
            "category": row["category"]["category"],
            "route": row["route"]["recommended_route"],
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--model")
    options = parser.parse_args()
    for path in options.files:
        with open(path, newline="") as file:
            labels = [row["label"] for row in csv.DictReader(file)]
        precise, other = (list(analyses(options.command, path, p, options.model)) for p in ("f32", options.precision))
        assert len(labels) == len(precise) == len(other), path
        for head in precise[0]:
            same = sum(a[head] == b[head] for a, b in zip(precise, other)) / len(labels)
            line = {"file": path.rsplit("/", 1)[-1], "rows": len(labels), "head": head, "same": round(same, 4)}
            if set(labels) <= {row[head] for row in precise}:
                for name, rows in (("f32", precise), (options.precision, other)):
                    line[name] = round(sum(row[head] == label for row, label in zip(rows, labels)) / len(labels), 4)
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
