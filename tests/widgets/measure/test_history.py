import csv
import io
import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segsuite.metrics import evaluate
from napari_segsuite.widgets.measure.history import (
    History,
    evaluation_of,
    progress_sentence,
)

START = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def dices(history):
    return [one.scores["mean_dice"] for one in history.evaluations]


def test_of_ten_seconds_of_painting_the_last_is_kept(evaluation):
    history = History()
    told = [history.add(evaluation(s, s / 100)) for s in (0, 4, 9.9, 10, 19)]
    assert told == [True] * 5
    assert dices(history) == [0.099, 0.19]


def test_each_prediction_is_kept(evaluation):
    history = History()
    history.add(evaluation(0, 0.5, model="a"))
    history.add(evaluation(1, 0.6, model="b"))
    history.add(evaluation(2, 0.7, model="b", weights="newer"))
    assert dices(history) == [0.5, 0.6, 0.7]


def test_what_did_not_change_is_not_kept_again(evaluation):
    history = History()
    assert history.add(evaluation(0, math.nan, painted_share=math.nan))
    assert not history.add(evaluation(60, math.nan, painted_share=math.nan))
    assert history.add(evaluation(60, math.nan, painted_share=0.5))


def test_the_line_holds_what_can_be_compared_with_the_newest(evaluation):
    history = History()
    assert history.line() == ()
    history.add(evaluation(0, 0.1))
    history.add(evaluation(20, 0.2, scope="slice"))
    history.add(evaluation(40, 0.3, prediction="other"))
    assert [one.scores["mean_dice"] for one in history.line()] == [0.1, 0.3]


def test_clearing_starts_anew(evaluation):
    history = History()
    history.add(evaluation())
    history.clear()
    assert history.evaluations == ()
    assert history.add(evaluation())
    assert len(history.evaluations) == 1


@given(seconds=st.lists(st.floats(0, 100), max_size=30).map(sorted))
def test_the_newest_is_always_there_and_kept_ones_lie_apart(seconds, evaluation):
    history = History()
    for i, second in enumerate(seconds):
        history.add(evaluation(second, i))
    assert dices(history)[-1:] == [len(seconds) - 1][: len(seconds)]
    assert len(history.evaluations) <= 11


def test_csv_has_all_scores_of_all_modes(evaluation):
    history = History()
    history.add(evaluation(0, math.nan, prediction="a, b"))
    history.add(evaluation(1, 0.5, mode="instances", scores={"f1": 0.25}))
    first, second = csv.DictReader(io.StringIO(history.to_csv()))
    assert first["time"] == "2024-05-01T12:00:00+00:00"
    assert first["prediction"] == "a, b"
    assert first["painted_share"] == "0.02"
    assert (first["mean_dice"], first["f1"]) == ("", "")
    assert (second["mean_dice"], second["f1"]) == ("", "0.25")


def test_csv_of_nothing_is_its_head():
    assert History().to_csv().startswith("time,truth,prediction,model")


TRUE = np.array([[0, 1, 2, 2]])
PRED = np.array([[1, 1, 2, 1]])


def made(report, metadata):
    return evaluation_of(
        report,
        truth="t",
        prediction="p",
        metadata=metadata,
        scope="whole",
        where="Whole image",
        time=START,
    )


def test_a_report_is_kept_with_its_model():
    facts = {"segsuite": {"model": "net", "weights_sha256": "abc"}}
    kept = made(evaluate(TRUE, PRED, ignore_id=0, background_id=1), facts)
    assert (kept.model, kept.weights) == ("net", "abc")
    assert kept.painted_share == 0.75
    assert kept.scores["pixel_accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("metadata", [{}, {"segsuite": None}, {"segsuite": {}}])
def test_a_prediction_of_unknown_origin(metadata):
    kept = made(evaluate(TRUE, PRED), metadata)
    assert (kept.model, kept.weights) == ("", "")
    assert math.isnan(kept.painted_share)


def test_a_sentence_says_whether_painting_helped(evaluation):
    line = [evaluation(0, 0.5), evaluation(9, 0.75, painted_share=0.045)]
    assert progress_sentence(line, "mean_dice") == (
        "Mean Dice went from 0.500 to 0.750 over 2 evaluations, while the painted "
        "part went from 2\N{NO-BREAK SPACE}% to 4.5\N{NO-BREAK SPACE}%."
    )


def test_the_sentence_without_a_painting_or_change(evaluation):
    line = [evaluation(i, 0.5, painted_share=math.nan) for i in range(3)]
    assert progress_sentence(line, "mean_dice") == (
        "Mean Dice stayed at 0.500 over 3 evaluations."
    )
    assert progress_sentence(line, "f1") == ""
    assert progress_sentence(line[:1], "mean_dice") == ""
