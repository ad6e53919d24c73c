"""The tables of a record: report.py RECORD prints them again."""
from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from statistics import median

from tabulate import tabulate

import engines
import mix
import shapes

LIMITS = {"int8": "int8_gops", "bf16": "bf16_gflops", "f32": "f32_gflops"}


def rates(record: dict, name: str) -> list[float]:
    """Texts per second by round."""
    return [r["engines"][name]["texts_per_s"] for r in record["rounds"] if name in r["engines"]]


def times(record: dict, name: str, tokens: int) -> list[float]:
    """Milliseconds of a single text by round."""
    return [r["engines"][name]["ms"][str(tokens)] for r in record["rounds"] if name in r["engines"]]


def measured(record: dict, precision: str | None = None) -> list[str]:
    """Engines with at least one round; of one precision where it is given."""
    names = [name for name in record["engines"] if rates(record, name)]
    return [name for name in names if precision in (None, record["engines"][name]["precision"])]


def precisions(record: dict) -> list[str]:
    return [precision for precision in engines.PRECISIONS if measured(record, precision)]


def limit(found: dict, precision: str) -> float:
    """10^9 operations a second; a machine without bf16 instructions computes bf16 in float32."""
    return found[LIMITS[precision]] or found["f32_gflops"]


def shares(record: dict, name: str) -> list[float]:
    """What an engine reaches of the machine's limit, by round."""
    precision, cost = record["engines"][name]["precision"], record["mix"]["gop_per_text"]["sum"]
    rounds = [r for r in record["rounds"] if name in r["engines"] and r["limits"]]
    return [cost * r["engines"][name]["texts_per_s"] / limit(r["limits"], precision) for r in rounds]


def over_peer(record: dict, name: str) -> list[float]:
    """Our texts per second over an engine's, by round."""
    ours = f"{engines.OURS}-{record['engines'][name]['precision']}"
    rounds = [r["engines"] for r in record["rounds"] if {ours, name} <= set(r["engines"])]
    return [r[ours]["texts_per_s"] / r[name]["texts_per_s"] for r in rounds]


def over_fastest(record: dict, precision: str, tokens: int | None = None) -> tuple[list[float], list[str]]:
    """How many times as fast as the fastest peer of each round we are, and that peer: in texts per second, or with a single text."""

    def speed(sample: dict) -> float:
        return 1 / sample["ms"][str(tokens)] if tokens else sample["texts_per_s"]

    ours, ratios, fastest = f"{engines.OURS}-{precision}", [], []
    for samples in (r["engines"] for r in record["rounds"]):
        peers = [name for name in samples if name != ours and record["engines"][name]["precision"] == precision]
        if ours in samples and peers:
            best = max(peers, key=lambda name: speed(samples[name]))
            ratios.append(speed(samples[ours]) / speed(samples[best]))
            fastest.append(record["engines"][best]["title"])
    return ratios, fastest


def spread(values: list[float], digits: int | None = None) -> str:
    if not values:
        return "–"
    if digits is None:
        digits = 0 if median(values) >= 100 else 1
    middle = f"{median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def percent(values: list[float]) -> str:
    return f"{100 * median(values):.0f} %" if values else "–"


def engine_table(record: dict) -> str:
    rows = []
    for precision in precisions(record):
        for name in sorted(measured(record, precision), key=lambda name: -median(rates(record, name))):
            facts = record["engines"][name]
            ratios = [] if facts["library"] == engines.OURS else over_peer(record, name)
            row = [facts["title"], spread(rates(record, name))]
            row += [spread(times(record, name, tokens), 1) for tokens in mix.SINGLE_TOKENS]
            rows.append([*row, f"{median(ratios):.2f}" if ratios else "", percent(shares(record, name))])
    singles = [f"ms at {tokens} tokens" for tokens in mix.SINGLE_TOKENS]
    return table(rows, ["engine", "texts/s", *singles, "Frontdesk over it", "of the limit"])


def ratio_table(record: dict) -> str:
    rows = []
    for precision in precisions(record):
        for what, tokens in [("texts/s", None), *((f"{n} tokens", n) for n in mix.SINGLE_TOKENS)]:
            ratios, fastest = over_fastest(record, precision, tokens)
            if ratios:
                by_round = ", ".join(f"{ratio:.2f}" for ratio in ratios)
                peers = ", ".join(name for name, _ in Counter(fastest).most_common())
                rows.append([precision, what, f"{median(ratios):.2f}", by_round, peers])
    return table(rows, ["precision", "what", "median", "rounds", "fastest peer"]) if rows else ""


def limit_table(record: dict) -> str:
    limits = [r["limits"] for r in record["rounds"] if r["limits"]]
    rows = []
    named = {key: f"{precision}, 10⁹ operations/s" for precision, key in LIMITS.items()} | {"read_gb_s": "memory read, GB/s"}
    for key, what in named.items():
        found = [limit[key] for limit in limits if limit[key] is not None]
        rows.append([what, spread(found, 1) if found else "no instructions of its own: float32's limit is taken"])
    shortest = mix.SINGLE_TOKENS[0]
    for precision in precisions(record):
        name = f"{engines.OURS}-{precision}"
        rounds = [r for r in record["rounds"] if r["limits"] and name in r["engines"]]
        gigabytes = record["mix"]["trunk_weights"] * shapes.WEIGHT_BYTES[precision] / 1e9
        reads = [gigabytes / r["engines"][name]["ms"][str(shortest)] * 1e3 for r in rounds]
        of_limit = [read / r["limits"]["read_gb_s"] for read, r in zip(reads, rounds, strict=True)]
        if reads:
            what = f"Frontdesk {precision} reads its weights at {shortest} tokens, GB/s"
            rows.append([what, f"{spread(reads, 1)}, {percent(of_limit)} of memory's"])
    return table(rows, ["limit of this machine", f"{record['settings']['threads']} threads"]) if limits else ""


def text_table(record: dict) -> str:
    """What a call costs without the network, and what part of a pass that is."""
    rounds = [r for r in record["rounds"] if r.get("text")]
    rows = []
    for name in [f"{engines.OURS}-{precision}" for precision in precisions(record)]:
        paired = [(r["text"], r["engines"][name]) for r in rounds if name in r["engines"]]
        if not paired:
            continue
        part = [text["seconds"] / sample["seconds"] for text, sample in paired]
        singles = [[text["ms"][str(n)] / sample["ms"][str(n)] for text, sample in paired] for n in mix.SINGLE_TOKENS]
        rows.append([f"of {record['engines'][name]['title']}", *(f"{100 * median(p):.1f} %" for p in (part, *singles))])
    if not rows:
        return ""
    alone = [spread([1e3 * r["text"]["seconds"] for r in rounds])]
    alone += [spread([r["text"]["ms"][str(n)] for r in rounds], 3) for n in mix.SINGLE_TOKENS]
    singles = [f"{tokens} tokens" for tokens in mix.SINGLE_TOKENS]
    return table([["ms", *alone], *rows], ["all but the network", f"{record['mix']['texts']} texts", *singles])


def table(rows: list[list[str]], headers: list[str]) -> str:
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)


def heading(record: dict) -> str:
    machine, settings, texts = record["machine"], record["settings"], record["mix"]
    isa = next((r["limits"]["isa"] for r in record["rounds"] if r["limits"]), "")
    return (
        f"{shapes.of(record).title}; {machine['cpu']} {isa}, {settings['threads']} threads, rounds: {settings['rounds']}; median (least–most). "
        f"{texts['texts']} texts, tokens: median {texts['tokens']['median']:.0f}, mean {texts['tokens']['mean']:.0f}, "
        f"most {texts['tokens']['max']}; {texts['gop_per_text']['sum']:.2f}·10⁹ operations a text."
    )


def disturbance(record: dict) -> str:
    """What else went on: figures of a machine that was not quiet are to be read with care."""
    samples = [sample for r in record["rounds"] for sample in r["engines"].values() if "others" in sample]
    if not samples:
        return ""
    others, stolen = ([100 * sample[key] for sample in samples] for key in ("others", "stolen"))
    return (
        "While the engines were timed, other processes took "
        f"{median(others):.0f} % of the processors' time (at most {max(others):.0f} %), the hypervisor {median(stolen):.0f} % "
        f"(at most {max(stolen):.0f} %)."
    )


def tables(record: dict) -> str:
    left_out = "\n".join(f"{name} left out: {reason}" for name, reason in record["left_out"].items())
    parts = [heading(record), engine_table(record), ratio_table(record), limit_table(record), text_table(record)]
    parts += [disturbance(record), left_out]
    return "\n\n".join(part for part in parts if part)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(tables(json.loads(Path(sys.argv[1]).read_text())))
