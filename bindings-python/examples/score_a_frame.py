"""A table of messages becomes the same kind of table with the answers as columns.

    pip install pandas
    python examples/score_a_frame.py
"""

from __future__ import annotations

import frontdesk
import pandas as pd


def main() -> None:
    frame = pd.DataFrame(
        {
            "ticket": [101, 102, 103, 104],
            "message": [
                "Need to approve this proof ASAP",
                None,
                "Please move the logo to the left",
                "Thanks a lot!",
            ],
        }
    )
    with frontdesk.Engine() as engine:
        # polars, pyarrow, NumPy and lists work alike; a missing text has no values.
        scored = engine.score(frame, text="message", outputs=["category"], prefix="fd_", progress=False)
    print(scored[["ticket", "fd_category", "fd_category_score"]].to_string(index=False))

    # Rows that the engine is sure of go on by themselves, the others to a person.
    sure = scored["fd_abstain"].isna() & scored["fd_category"].notna()
    print(f"{int(sure.sum())} of {len(scored)} rows are sure")


if __name__ == "__main__":
    main()
