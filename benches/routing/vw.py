"""Vowpal Wabbit on the tickets that `routing stream` wrote: what it learns from the routes that it takes, one ticket at a time.

    vw.py STREAM.jsonl [EXPLORATION...]     (an environment with vowpalwabbit)

Each EXPLORATION is a line of Vowpal Wabbit's options; without any, those below run, each a desk of its own. It sees the features that ours sees, crossed with
the routes, and the customer's history as shares. Prints its regret at every thousandth ticket.
"""
import json, random, sys

import vowpalwabbit

ROUTES = ["ai-chatbot", "live-chat", "co-browse", "video-call"]
EXPLORATIONS = ["--epsilon 0.05", "--epsilon 0.02", "--squarecb --gamma_scale 100", "--regcb", "--cover 5", "--softmax --lambda 20"]
COMMON = "--cb_explore_adf --cb_type mtr -q SA -q SS --cubic SSA --quiet --power_t 0"


def example(ticket):
    facts = ticket["facts"]
    shared = "shared |S " + " ".join(f"{name}:{value}" for name, value in facts["features"].items())
    solved, known = facts["solved"], sum(facts["solved"].values())
    lines = [shared]
    for route in ROUTES:
        share = (solved[route] + 2) / (known + 8) - 0.25
        asked = f" asked:{int(facts.get('preferred') == route)}"
        lines.append(f"|A {route} |H share:{share}{asked}")
    return lines


def run(options, path):
    vw, draw, regret, regrets = vowpalwabbit.Workspace(f"{COMMON} {options}"), random.Random(17), 0.0, []
    for number, line in enumerate(open(path), 1):
        ticket = json.loads(line)
        lines = example(ticket)
        chances = vw.predict(lines)
        place = draw.choices(range(4), weights=chances)[0]
        route = ROUTES[place]
        regret += max(ticket["mean"].values()) - ticket["mean"][route]
        lines[1 + place] = f"{place}:{-ticket['reward'][route]}:{chances[place]} " + lines[1 + place]
        vw.learn(lines)
        if number % 1000 == 0:
            regrets.append(regret)
    vw.finish()
    return regrets


path, *given = sys.argv[1:]
runs = {options: run(options, path) for options in given or EXPLORATIONS}
print("tickets," + ",".join(runs))
for row, regrets in enumerate(zip(*runs.values()), 1):
    print(f"{row * 1000}," + ",".join(f"{regret:.2f}" for regret in regrets))
