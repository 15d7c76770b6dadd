import pytest

from napari_segsuite.widgets.measure.overlay_choice import OverlayChoice


@pytest.fixture
def choice(keep, qapp):
    return keep(OverlayChoice())


def test_nothing_is_wanted_at_first(choice):
    assert not choice.wanted
    assert choice.target is None
    assert choice.legend.isHidden()


def test_ticking_shows_the_legend_and_tells(choice):
    told = []
    choice.changed.connect(lambda: told.append(choice.wanted))
    choice.box.setChecked(True)
    assert told == [True]
    assert not choice.legend.isHidden()
    assert "too&nbsp;much" in choice.legend.text()


def test_the_chosen_class_stays_while_it_is_offered(choice):
    choice.box.setChecked(True)
    choice.offer({1: "cell", 5: "nucleus"})
    assert not choice.classes.isHidden()
    assert "another" in choice.legend.text()
    choice.classes.setCurrentIndex(2)
    assert choice.target == 5
    assert "another" not in choice.legend.text()
    told = []
    choice.changed.connect(lambda: told.append(True))
    choice.offer({5: "nucleus"})
    assert choice.target == 5
    assert told == []
    choice.offer({1: "cell"})
    assert choice.target is None


def test_without_classes_there_is_nothing_to_choose(choice):
    choice.box.setChecked(True)
    choice.offer({})
    assert choice.classes.isHidden()
