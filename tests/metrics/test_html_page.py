"""The page is whole, escaped, and leaves out what is right."""

from html.parser import HTMLParser

import numpy as np
import pytest

from napari_segsuite.metrics import Mode, Report, evaluate
from napari_segsuite.metrics.html_page import Picture

TRUE = np.array([[1, 1, 0, 2, 2], [1, 1, 0, 2, 2]])
PRED = np.array([[1, 1, 0, 0, 4], [1, 1, 0, 0, 4]])


@pytest.fixture(params=["classes", "instances", "panoptic"])
def report(request: pytest.FixtureRequest) -> Report:
    mode: Mode = request.param
    return evaluate(TRUE, PRED, mode=mode, surfaces=True, per_axis=1)


class Tags(HTMLParser):
    """Notes tags, and whether they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_escaped(report: Report) -> None:
    page = report.to_html(
        "<script>alert(1)</script>",
        about={"Truth": "a & b.tif"},
        pictures=[Picture('the "worst" object', b"\x89PNG")],
    )

    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert "script" not in tags.seen
    assert "a &amp; b.tif" in page
    assert 'src="data:image/png;base64,iVBORw=="' in page


def test_the_page_lists_only_objects_that_are_wrong() -> None:
    true = np.zeros((4, 1200), int)
    true[1] = np.arange(1200) * (np.arange(1200) % 2)

    page = evaluate(true, np.zeros_like(true), mode="instances").to_html("Missed")

    assert page.count("<td>missed</td>") == 500
    assert "100 more lines are left out" in page
