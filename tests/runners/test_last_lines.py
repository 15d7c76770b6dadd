from __future__ import annotations

import pytest

from napari_segsuite.runners.last_lines import LastLines


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (b"", ""),
        (b"one\ntwo\n", "one\ntwo"),
        (b"one\r\ntwo\r\n", "one\ntwo"),
        (b"one\n\ntwo", "one\n\ntwo"),
        (b"\r 10%\r 50%\r100%\ndone\n", "100%\ndone"),
        (b"\r 10%\r 50%", " 50%"),
        (b"\x1b[32mgreen\x1b[0m \x1b]0;title\x07 text\n", "green  text"),
        ("µm \U0001f52c\n".encode(), "µm \U0001f52c"),
        (b"bad \xff byte\x00\x07\n", "bad \ufffd byte"),
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_text(output, text, piece):
    lines = LastLines()
    for start in range(0, len(output), piece):
        lines.feed(output[start : start + piece])
    assert lines.text() == text


def test_only_the_last_lines_are_kept():
    lines = LastLines(count=3)
    for index in range(10):
        lines.feed(b"line %d\n" % index)
    assert lines.text() == "line 7\nline 8\nline 9"
    lines.feed(b"unfinished")
    assert lines.text() == "line 8\nline 9\nunfinished"


def test_a_line_without_end_does_not_grow():
    lines = LastLines(width=10)
    for _ in range(1000):
        lines.feed(b"0123456789abc" * 100)
    assert len(lines.text()) == 10
    assert len(lines._rest) <= 80
