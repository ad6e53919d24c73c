"""Regret over tickets, as `routing run` and vw.py print it: plot.py OUT.svg FILE.csv...     (an environment with matplotlib)"""
import csv, sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

out, *files = sys.argv[1:]
with matplotlib.rc_context({"svg.hashsalt": "routing", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
    figure, axis = plt.subplots(figsize=(7.2, 4.2))
    for file in files:
        with open(file, newline="") as rows:
            names, *rows = csv.reader(rows)
        tickets = [int(row[0]) / 1000 for row in rows]
        for column, name in enumerate(names[1:], 1):
            ours = not name.startswith("--")
            label = name if ours else f"VW {name}"
            axis.plot(tickets, [float(row[column]) for row in rows], label=label, linewidth=1.8 if ours else 1.0, linestyle="-" if ours else "--")
    axis.set_xlabel("tickets, thousands"), axis.set_ylabel("regret, rewards"), axis.set_ylim(bottom=0)
    axis.legend(frameon=False, fontsize=8)
    figure.savefig(out, bbox_inches="tight", metadata={"Date": None})
