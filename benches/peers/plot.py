#!/usr/bin/env python3
"""Draws a record's figures beside it: plot.py RECORD."""
from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

import engines  # noqa: E402
import mix  # noqa: E402
import report  # noqa: E402
import shapes  # noqa: E402

# Colours that the colour-blind can distinguish (Okabe and Ito), and a shape each, for those who see none.
PEER, INK, FAINT = "#9aa5b1", "#1f2933", "#616e7c"
COLOURS = {"int8": "#0072b2", "bf16": "#009e73", "f32": "#d55e00"}
SHAPES = {"int8": "o", "bf16": "s", "f32": "D"}
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    # The same record gives the same file.
    "svg.hashsalt": "frontdesk",
}


def titled(axes, record: dict, title: str, below: str) -> None:
    machine, settings = record["machine"], record["settings"]
    isa = next((r["limits"]["isa"].upper() for r in record["rounds"] if r["limits"]), "")
    on = f"{machine['cpu']} ({isa}), {settings['threads']} threads" if isa else f"{machine['cpu']}, {settings['threads']} threads"
    if "model" in record:
        on = f"{shapes.of(record).title}, {on}"
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=38)
    small = {"color": FAINT, "fontsize": 9, "linespacing": 1.4}
    axes.annotate(f"{on}; {below}", (0, 1), (0, 10), "axes fraction", textcoords="offset points", **small)


def bars(record: dict):
    groups = [(p, sorted(report.measured(record, p), key=lambda n: -median(report.rates(record, n)))) for p in report.precisions(record)]
    count = sum(len(names) for _, names in groups)
    figure, axes = plt.subplots(figsize=(8, 1.7 + 0.36 * (count + len(groups))), layout="constrained")
    y, ticks, labels = 0.0, [], []
    widest = max(max(report.rates(record, name)) for _, names in groups for name in names)
    for precision, names in groups:
        axes.text(-0.012, y, precision, transform=axes.get_yaxis_transform(), ha="right", va="center", fontweight="bold")
        y += 1
        for name in names:
            facts, rates = record["engines"][name], report.rates(record, name)
            ours, middle = facts["library"] == engines.OURS, median(rates)
            reach = [[middle - min(rates)], [max(rates) - middle]]
            axes.barh(y, middle, 0.72, color=COLOURS["int8"] if ours else PEER)
            axes.errorbar(middle, y, xerr=reach, color=INK, capsize=3, linewidth=1)
            text = f"{middle:.0f}" if middle >= 10 else f"{middle:.1f}"
            axes.text(max(rates) + widest * 0.012, y, text, va="center", fontweight="bold" if ours else "normal")
            ticks.append(y)
            labels.append(f"{engines.TITLES[facts['library']]}  {facts['version']}")
            y += 1
        y += 0.25
    axes.set_yticks(ticks, labels)
    for label in axes.get_yticklabels():
        if label.get_text().startswith(engines.TITLES[engines.OURS]):
            label.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(y - 0.4, -0.6)
    axes.set_xlim(0, widest * 1.08)
    axes.set_xlabel("texts per second (more is better)")
    axes.grid(axis="x", color=FAINT, alpha=0.25)
    axes.set_axisbelow(True)
    texts, rounds = record["mix"], len(record["rounds"])
    below = (
        f"DistilBERT with random weights, {texts['texts']} texts with a median of {texts['tokens']['median']:.0f} tokens,\n"
        f"tokenizing included; median of {rounds} rounds, whiskers from least to most"
    )
    titled(axes, record, "Throughput of whole passes", below)
    return figure


def limits(record: dict) -> dict[str, float | None]:
    """The median of each measured limit; `None` where the machine has no such instructions."""
    found = [r["limits"] for r in record["rounds"] if r["limits"]]
    keys = (*report.LIMITS.values(), "read_gb_s")
    return {key: median(f[key] for f in found) if found[0][key] is not None else None for key in keys}


def roofline(record: dict):
    measured = limits(record)
    read = measured["read_gb_s"]
    roofs = {p: measured[key] for p, key in report.LIMITS.items() if measured[key] is not None}
    figure, axes = plt.subplots(figsize=(8, 6), layout="constrained")
    axes.set_xscale("log")
    axes.set_yscale("log")
    left, right = 2.0, 400.0
    ridge = max(roofs.values()) / read
    axes.plot([left, ridge], [left * read, max(roofs.values())], color=INK, linewidth=1.5)
    for precision, roof in roofs.items():
        axes.plot([roof / read, right], [roof, roof], color=COLOURS[precision], linewidth=1.5)
        text = f"{precision} limit {roof:.0f}"
        axes.annotate(text, (right, roof), (0, 4), textcoords="offset points", ha="right", va="bottom", color=COLOURS[precision])
    shape, shortest = shapes.of(record), mix.SINGLE_TOKENS[0]
    lowest = min(roofs.values())
    for precision in report.precisions(record):
        name = f"{engines.OURS}-{precision}"
        if not report.rates(record, name):
            continue
        colour, roof = COLOURS[precision], report.limit(measured, precision)
        single = record["mix"]["gop_of_single"][str(shortest)] * 1e3 / median(report.times(record, name, shortest))
        passes = record["mix"]["gop_per_text"]["sum"] * median(report.rates(record, name))
        for tokens, reached, filled in ((shortest, single, False), (mix.WAVE, passes, True)):
            layers = [shape.intensity(precision, tokens, (layer,)) for layer in shape.linear]
            axes.plot(layers, [min(roof, at * read) for at in layers], "|", color=colour, markersize=9, markeredgewidth=1.4)
            at = shape.intensity(precision, tokens)
            ceiling = min(roof, at * read)
            axes.plot([at, at], [reached, ceiling], ":", color=colour, linewidth=1.2)
            axes.plot(at, reached, SHAPES[precision], color=colour, markerfacecolor=colour if filled else "white", markersize=8, zorder=3)
            text = f"{reached:.0f}\n{100 * reached / ceiling:.0f} %"
            axes.annotate(text, (at, reached), (6, -5), textcoords="offset points", va="top", color=colour, fontsize=9)
            lowest = min(lowest, reached)
    axes.set_xlim(left, right)
    axes.set_ylim(min(lowest / 2, left * read), max(roofs.values()) * 1.6)
    # Along the slope as it is drawn.
    figure.canvas.draw()
    ends = axes.transData.transform([(left, left * read), (ridge, ridge * read)])
    axes.annotate(
        f"memory limit {read:.0f} GB/s",
        (left * 1.15, left * 1.15 * read),
        (-2, 5),
        textcoords="offset points",
        rotation=angle(ends),
        rotation_mode="anchor",
    )
    intensities, speeds = (2, 5, 10, 20, 50, 100, 200, 400), (10, 20, 50, 100, 200, 300, 500, 1000, 2000, 5000)
    for axis, ticks in ((axes.xaxis, intensities), (axes.yaxis, speeds)):
        low, high = axis.get_view_interval()
        axis.set_ticks([tick for tick in ticks if low <= tick <= high])
        axis.set_major_formatter("{x:.0f}")
        axis.set_minor_locator(matplotlib.ticker.NullLocator())
    axes.grid(color=FAINT, alpha=0.2)
    axes.set_xlabel("operations for each byte moved")
    axes.set_ylabel("10⁹ operations per second")
    shown = [p for p in report.precisions(record) if report.rates(record, f"{engines.OURS}-{p}")]
    handles = [Line2D([], [], color=COLOURS[p], marker=SHAPES[p], linestyle="", label=f"Frontdesk {p}") for p in shown]
    handles += [
        Line2D([], [], color=INK, marker="o", linestyle="", markerfacecolor="white", label=f"one text of {shortest} tokens"),
        Line2D([], [], color=INK, marker="o", linestyle="", label=f"the mix, waves of {mix.WAVE} tokens"),
        Line2D([], [], color=INK, marker="|", linestyle="", markersize=9, label="a layer's intensity, on its roof"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    below = (
        "limits measured in the same rounds.\n"
        "A layer's bytes: its weights once a wave, what it reads and what it writes. Percent: of the roof above."
    )
    titled(axes, record, "What the machine allows and what is reached", below)
    return figure


def angle(ends) -> float:
    (x0, y0), (x1, y1) = ends
    return math.degrees(math.atan2(y1 - y0, x1 - x0))


def draw(path: Path) -> list[Path]:
    """Writes the figures and gives their paths."""
    record = json.loads(path.read_text())
    figures = {"throughput": bars}
    if any(r["limits"] for r in record["rounds"]):
        figures["roofline"] = roofline
    drawn = []
    with matplotlib.rc_context(STYLE):
        for name, make in figures.items():
            to = path.with_name(f"{path.stem}-{name}.svg")
            figure = make(record)
            figure.savefig(to, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.15)
            plt.close(figure)
            drawn.append(to)
    return drawn


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(*draw(Path(sys.argv[1])), sep="\n")
