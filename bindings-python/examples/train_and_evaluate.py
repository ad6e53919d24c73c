"""A head of your own labels on the bundled model's frozen trunk: trained, evaluated, used.

    python examples/train_and_evaluate.py

A dozen rows in a few epochs show the way and no more: a head that is worth having wants many more rows of
each label, and is evaluated on rows that neither trained it nor chose its epoch.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import frontdesk

SHIPPING = [
    "My parcel is lost",
    "The courier left the box with a neighbor",
    "When will the brochures be delivered?",
    "The package came a day late",
    "Please send the flyers to our new address",
    "The tracking number does not work",
]
BILLING = [
    "I was charged twice for one order",
    "Please send the invoice once more",
    "Can we pay by bank transfer?",
    "The discount is missing from my bill",
    "How do I change the credit card on file?",
    "The tax on the receipt is wrong",
]
VALID = [
    {"text": "The delivery of our posters never arrived", "label": "shipping"},
    {"text": "Has the courier picked the parcel up?", "label": "shipping"},
    {"text": "You charged our credit card too much", "label": "billing"},
    {"text": "There is a mistake in the invoice", "label": "billing"},
]


def main() -> None:
    # A file's name or a pandas, polars or pyarrow table would do as well.
    rows = [{"text": text, "label": "shipping"} for text in SHIPPING]
    rows += [{"text": text, "label": "billing"} for text in BILLING]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "teams"
        report = frontdesk.train(
            rows, valid=VALID, output=output, task="team", epochs=20, patience=20, progress=False
        )
        head = report.heads[0]
        print(f"{head.metric} of epoch {report.epoch}: {head.value:.2f} on {head.valid_rows} rows")

        # The other heads are kept: the new one is one more output beside sentiment, category and route.
        with frontdesk.Engine(output) as engine:
            print("outputs:", *engine.info.outputs)
            found = frontdesk.evaluate(VALID, model=engine, task="team", progress=False)
            accuracy = found.accuracy
            print(f"accuracy {accuracy.value:.2f}, with 95 % from {accuracy.low:.2f} to {accuracy.high:.2f}")
            team = engine.analyze("The courier lost our posters")["team"]
            print(f"team: {team.label} ({team.score:.2f})")


if __name__ == "__main__":
    main()
