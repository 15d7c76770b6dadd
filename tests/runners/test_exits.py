from __future__ import annotations

import pytest

from napari_segsuite.runners.exits import describe_exit


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exit code 0"),
        (3, "exit code 3"),
        (0xC0000005, "exit code 0xC0000005"),
        (-15, "killed by signal 15, SIGTERM"),
        (-6, "killed by signal 6, SIGABRT; a library gave up"),
        (-200, "killed by signal 200"),
    ],
)
def test_words(code, words):
    assert describe_exit(code) == words
