"""Things done in turns of the event loop."""

from qtpy.QtCore import QObject, QTimer

from napari_segsuite.widgets.turns import Turns


def test_the_window_has_its_turn_between_two_steps(qtbot):
    parent, done = QObject(), []
    turns = Turns(parent)

    def first():
        done.append("first")
        QTimer.singleShot(0, lambda: done.append("window"))

    turns.do(first, lambda: done.append("second"), lambda: done.append("third"))
    assert done == []
    qtbot.waitUntil(lambda: len(done) == 4)
    assert done.index("window") < done.index("third")
    assert [step for step in done if step != "window"] == ["first", "second", "third"]


def test_a_step_that_fails_does_not_stop_the_others(qtbot):
    parent, done = QObject(), []
    turns = Turns(parent)
    with qtbot.captureExceptions() as caught:
        turns.do(lambda: 1 / 0, lambda: done.append("second"))
        qtbot.waitUntil(lambda: done == ["second"])
    assert [kind for kind, *_ in caught] == [ZeroDivisionError]


def test_nothing_is_left_to_do_after_the_parent(qtbot):
    parent, done = QObject(), []
    turns = Turns(parent)
    turns.do(lambda: done.append("late"))
    with qtbot.waitSignal(parent.destroyed):
        parent.deleteLater()
    qtbot.wait(20)
    assert done == []
