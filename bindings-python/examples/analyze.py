"""One message, several of them, and errors by their code.

    python examples/analyze.py
"""

from __future__ import annotations

import frontdesk


def main() -> None:
    # Opening checks the model's files and starts the threads: once for a program, not once for a message.
    with frontdesk.Engine() as engine:
        analysis = engine.analyze("Need to approve this proof ASAP")
        if analysis.sentiment is not None:
            urgency = analysis.sentiment.urgency_level
            print(f"sentiment: {analysis.sentiment.sentiment}, urgency {urgency} in 10")
        if analysis.category is not None:
            print(f"category: {analysis.category.category} ({analysis.category.score:.2f})")
        if analysis.route is not None:
            print(f"route: {analysis.route.recommended_route}. {analysis.route.reasoning}")
        # The scores above are there all the same; these are the outputs to leave to a person.
        for abstain in analysis.abstain:
            print(f"not sure of the {abstain.output}: {abstain.reason}")

        # A ticket may say more than its text.
        history = frontdesk.CustomerHistory(preferred_channel="live-chat")
        tickets: list[frontdesk.AnyTicket] = [
            frontdesk.Ticket(
                id="T-1", subject="Logo", body="Please move it to the left", customer_history=history
            ),
            {"id": "T-2", "text": "Where is my proof?", "urgency": "high"},
        ]
        for found in engine.analyze_batch(tickets, outputs=["category"]):
            print(f"{found.id}: {found.category.category if found.category else None}")

        try:
            engine.analyze({"id": "T-3"})
        except frontdesk.FrontdeskError as error:
            print(f"{error.code} ({error.field}): {error}")


if __name__ == "__main__":
    main()
