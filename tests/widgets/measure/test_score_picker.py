import pytest

from napari_segsuite.widgets.measure.score_picker import ScorePicker


@pytest.fixture
def picker(keep, qapp):
    return keep(ScorePicker("tip"))


def test_nothing_is_offered_at_first(picker):
    assert picker.score == ""


def test_the_first_score_is_chosen(picker):
    told = []
    picker.chosen.connect(told.append)
    picker.offer(["mean_dice", "mean_iou"])
    assert picker.currentText() == "Mean Dice"
    assert told == ["mean_dice"]


def test_the_choice_stays_where_it_can(picker):
    picker.offer(["mean_dice", "mean_iou"])
    picker.setCurrentIndex(1)
    told = []
    picker.chosen.connect(told.append)
    picker.offer(["f1", "mean_iou"])
    assert picker.score == "mean_iou"
    assert told == []
    picker.offer(["f1"])
    assert told == ["f1"]
