"""Values: frozen, equal by value, pickled, as JSON has them."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import json
import pickle

import frontdesk
import numpy as np
import pytest
from frontdesk import CustomerHistory, Engine, FrontdeskError, Ticket, errors, types


def test_an_analysis_is_frozen_equal_hashed_pickled_and_shown(engine: Engine) -> None:
    analysis = engine.analyze(Ticket(text="Need to approve this proof ASAP", id="T-17", urgency="high"))
    assert analysis.id == "T-17"
    assert analysis.category is not None and analysis.category.category == "approval"
    with pytest.raises(dataclasses.FrozenInstanceError):
        analysis.category.score = 1.0  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(analysis))
    assert again == analysis and hash(again) == hash(analysis) and again is not analysis
    assert again != engine.analyze("Something else")
    assert "category='approval'" in repr(analysis)
    assert json.loads(json.dumps(analysis.to_dict())) == analysis.to_dict()


def test_scores_are_of_f32(engine: Engine) -> None:
    analysis = engine.analyze("Need to approve this proof ASAP")
    assert analysis.sentiment is not None
    score = analysis.sentiment.score
    assert float(np.float32(score)) == score


def test_every_class_of_the_package_is_exported() -> None:
    for module in (errors, types):
        own = {
            name
            for name, value in vars(module).items()
            if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
        }
        assert all(hasattr(frontdesk, name) for name in own)
        # What has a builtin's name is there, and `import *` does not bring it.
        assert own - set(dir(builtins)) <= set(module.__all__) <= set(frontdesk.__all__)
    assert all(hasattr(frontdesk, name) for name in frontdesk.__all__)


def test_errors_are_pickled_and_are_what_python_calls_them() -> None:
    for kind in FrontdeskError.__subclasses__():
        error = kind("what was wrong", "where")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.field) == (kind, "what was wrong", "where")
    assert issubclass(frontdesk.InvalidInputError, ValueError)
    assert issubclass(frontdesk.TimeoutError, TimeoutError)
    assert issubclass(frontdesk.IoError, OSError)


def test_info_and_metrics(engine: Engine) -> None:
    info = engine.info
    assert info.outputs == ("sentiment", "category", "route")
    assert info.version and info.device == "cpu" and info.threads >= 1
    assert info.to_dict()["model"] == {"name": info.model.name, "version": info.model.version, "digest": info.model.digest}
    before = engine.metrics()
    engine.analyze_batch(["a", "b", ""])
    after = engine.metrics()
    assert (after.calls - before.calls, after.tickets - before.tickets) == (1, 3)
    assert after.queue_depth == 0 and after.queue_seconds.buckets[-1][0] == float("inf")


def test_an_engine_is_pickled_as_its_model_and_options() -> None:
    with Engine(threads=1, outputs=["category"]) as engine:
        copy: Engine = pickle.loads(pickle.dumps(engine))
        assert repr(copy) == repr(engine) == "Engine(threads=1, outputs=['category'])"
        assert copy.info == engine.info
        assert copy.analyze("thanks") == engine.analyze("thanks")


def test_a_ticket_is_a_text_an_object_or_a_mapping(engine: Engine) -> None:
    history = CustomerHistory(previous_issues=["late"], preferred_channel="video-call", successful_channels=("live-chat",))
    ticket = Ticket(subject="Proof", body="It is wrong", urgency="high", customer_history=history)
    mapping = {
        "subject": "Proof",
        "body": "It is wrong",
        "urgency": "high",
        "customerHistory": {
            "previousIssues": ["late"],
            "preferredChannel": "video-call",
            "successfulChannels": ["live-chat"],
        },
    }
    assert engine.analyze(ticket) == engine.analyze(mapping)
    assert engine.analyze("Proof") == engine.analyze(Ticket("Proof")) == engine.analyze({"text": "Proof"})
    assert engine.analyze(np.str_("Proof")) == engine.analyze("Proof")
