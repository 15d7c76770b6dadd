import pytest

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.widgets.class_table import ClassTableView

CLASSES = (
    ClassInfo(id=1, name="background", color="#102030"),
    ClassInfo(id=40, name="<b>cell</b>", color="#ff0000"),
)


@pytest.fixture
def table(keep, qapp):
    made = keep(ClassTableView())
    made.show_classes(CLASSES, {40: 1234})
    return made


def texts(table, row):
    return [table.item(row, column).text() for column in range(3)]


def test_it_shows_id_name_and_pixels(table):
    assert texts(table, 0) == ["1", "background", "–"]
    assert texts(table, 1) == ["40", "<b>cell</b>", "1,234"]
    assert table.ids == (1, 40)


def test_the_swatch_has_the_colour_of_the_class(table):
    image = table.item(1, 0).icon().pixmap(12, 12).toImage()
    assert image.pixelColor(6, 6).name() == "#ff0000"


def test_showing_classes_tells_nothing(table):
    told = []
    table.renamed.connect(lambda *args: told.append(args))
    table.show_classes(CLASSES[:1], {})
    assert table.rowCount() == 1
    assert told == []


def test_a_new_name_is_told_with_its_id(table):
    told = []
    table.renamed.connect(lambda *args: told.append(args))
    table.item(1, 1).setText(" nucleus ")
    assert told == [(40, "nucleus")]


def test_a_click_tells_the_id(table):
    told = []
    table.picked.connect(told.append)
    table.cellClicked.emit(1, 2)
    assert told == [40]


def test_the_id_in_use_is_highlighted(table):
    table.highlight(40)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [1]
    table.highlight(7)
    assert not table.selectionModel().selectedRows()


def test_a_painting_of_objects_does_not_fill_the_window(table):
    table.show_classes([ClassInfo(id=i, name=str(i)) for i in range(1, 900)], {})
    assert table.rowCount() == 100
    assert table.height() < 300
