"""Policies, outcomes and records with numbers that are none."""

from __future__ import annotations

from pathlib import Path

from harness import Suite

POLICY = """[weights]
success = {number}
preference = 0.5
temperature = 1.0
bias = {{ ai-chatbot = 0.0, live-chat = 0.0, co-browse = 0.0, video-call = 0.0 }}
success_rates = {{ ai-chatbot = 0.25, live-chat = 0.25, co-browse = 0.25, video-call = 0.25 }}
features = {{}}
"""


def all_cases(suite: Suite, folder: Path) -> None:
    for number in ("nan", "inf", "-1.0", "1.7e308"):
        policy = folder / f"policy-{number}.toml"
        policy.write_text(POLICY.format(number=number))
        route = ["route", "production is blocked", "--policy", policy]
        suite.case(f"a policy whose success counts {number}", route, kind="invalid", says="success")
    fine = folder / "fine.toml"
    fine.write_text(POLICY.format(number="1.0"))
    suite.case("the same policy with 1.0", ["route", "production is blocked", "--policy", fine], kind=None)
    large = folder / "large.toml"
    large.write_text("# " + "a" * (2 << 20))
    suite.case("a policy of 2 MiB", ["route", "hi", "--policy", large], kind="too-large")
    for number in ("1e999", "-1", '"NaN"'):
        outcomes = folder / "outcomes.jsonl"
        known = '"ticket": {"text": "proof"}, "route": "live-chat", "outcome": "solved", "propensity": 0.5'
        row = f'{{{known}, "duration": {number}}}\n'
        outcomes.write_text(row * 60)
        train = ["train", "--task", "route", "--data", outcomes, "--output", folder / "learned.toml"]
        suite.case(f"outcomes that took {number} s", train, kind="data-invalid", says="line 1")
    record = folder / "record.json"
    record.write_text("[" * 100_000)
    suite.case("a record nested 100,000 levels deep", ["route", "--replay", record], kind="data-invalid")
    suite.case("a label with an escape sequence", ["route", "hi", "--policy", "\x1b[31mred.toml"], kind="io", says="\\u{1b}")
