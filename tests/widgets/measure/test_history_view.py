import math
from dataclasses import replace
from datetime import timedelta

import pytest

from napari_segsuite.errors import InputError, StorageError
from napari_segsuite.widgets.measure.history import History
from napari_segsuite.widgets.measure.history_view import HistoryView


@pytest.fixture
def history():
    return History()


@pytest.fixture
def view(viewer, history, keep, qapp):
    return keep(HistoryView(viewer, history))


def fill(view, history, evaluation):
    history.add(evaluation(0, 0.5, model="a"))
    history.add(evaluation(60, 0.6, model="a"))
    history.add(evaluation(90, 0.75, model="b", painted_share=0.04))
    view.refresh()


def test_an_empty_history_says_what_it_is_for(view):
    assert view.plot.isHidden()
    assert view.picker.isHidden()
    assert "kept here" in view.words.text()
    assert not view.export_button.isEnabled()


def test_scores_are_drawn_over_minutes(view, history, evaluation):
    fill(view, history, evaluation)
    assert view.plot.curve.x.tolist() == [0, 1, 1.5]
    assert view.plot.curve.y.tolist() == [0.5, 0.6, 0.75]
    assert list(view.plot.curve.large) == [0, 2]
    assert "from 0.500 to 0.750" in view.words.text()


def test_scores_are_drawn_over_what_was_painted(view, history, evaluation):
    fill(view, history, evaluation)
    view.over.setCurrentIndex(1)
    assert view.plot.curve.x.tolist() == [2, 2, 4]
    assert view.plot.curve.x_name == "painted, %"


def test_without_a_painting_everything_is_known(view, history, evaluation):
    history.add(evaluation(painted_share=math.nan))
    view.over.setCurrentIndex(1)
    view.refresh()
    assert view.plot.curve.x.tolist() == [100]


def test_a_click_reads_the_nearest_evaluation(view, history, evaluation):
    fill(view, history, evaluation)
    view.plot.clicked.emit(1.6)
    assert view.plot.mark == 1.5
    text = view.words.text()
    assert "Mean Dice 0.750, “guess”, model b, Whole image, painted 4" in text
    view.refresh()
    assert view.plot.mark is None


def test_a_score_that_some_do_not_have(view, history, evaluation):
    history.add(evaluation(0, 0.5))
    history.add(evaluation(20, scores={"mean_dice": 0.5, "boundary_f1": 0.9}))
    view.refresh()
    view.picker.setCurrentIndex(1)
    assert math.isnan(view.plot.curve.y[0])
    assert view.plot.curve.y[1] == 0.9


def test_export(view, history, tmp_path, evaluation):
    with pytest.raises(InputError, match="no evaluations"):
        view.export(tmp_path / "h.csv")
    fill(view, history, evaluation)
    view.export(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text("utf-8") == history.to_csv()
    with pytest.raises(InputError, match=r"\.csv"):
        view.export(tmp_path / "h.xlsx")
    with pytest.raises(StorageError):
        view.export(tmp_path / "missing" / "h.csv")


def test_clear_forgets_all(view, history, evaluation):
    fill(view, history, evaluation)
    told = []
    view.cleared.connect(lambda: told.append(True))
    view.clear_button.click()
    assert history.evaluations == ()
    assert view.plot.isHidden()
    assert told == [True]


def test_time_goes_on_over_midnight(view, history, evaluation):
    late = evaluation()
    history.add(late)
    history.add(replace(late, time=late.time + timedelta(days=1), painted_share=0.5))
    view.refresh()
    assert view.plot.curve.x.tolist() == [0, 1440]
