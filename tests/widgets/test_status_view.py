import pytest

from napari_segsuite.errors import InputError, JobFailed
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.status_view import StatusView, duration


@pytest.fixture
def activity(session):
    return Activity(session)


@pytest.fixture
def view(activity, keep):
    return keep(StatusView(activity))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (7500, "2 h 5 min")],
)
def test_durations_are_as_people_say_them(seconds, text):
    assert duration(seconds) == text


def test_a_hint_is_shown_below_the_last_outcome(view, activity):
    view.hint("Paint first.")
    assert view.text == "Paint first."
    activity.fail(InputError("The disk is full."))
    assert view.text == "The disk is full.\nPaint first."


def test_markup_is_shown_as_it_is(view, activity):
    activity.fail(InputError("<img src='x'>"))
    assert view.text == "<img src='x'>"


def test_details_can_be_copied_where_there_are_some(view, activity, qapp):
    activity.fail(InputError("A sentence."))
    assert view._details.isHidden()
    activity.fail(JobFailed("Nobody foresaw this.", "Traceback: …"))
    assert not view._details.isHidden()
    view._details.click()
    assert qapp.clipboard().text() == "Nobody foresaw this.\n\nTraceback: …"


def test_an_error_that_nobody_foresaw_is_a_sentence_with_details(view, activity):
    activity.fail(ZeroDivisionError("division by zero"))
    assert "nobody foresaw: division by zero" in view.text
    assert "ZeroDivisionError" in activity.details
