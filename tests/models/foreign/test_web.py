"""What the transport of the package itself does with answers."""

from __future__ import annotations

import pytest
from misbehaving import serving

from napari_segsuite.models.web import over_https


@pytest.mark.parametrize(
    ("way", "status"), [("good", 200), ("elsewhere", 302), ("missing", 404)]
)
def test_answers_are_given_as_they_come(way: str, status: int) -> None:
    """Redirects are not followed, and no answer is an exception."""
    with serving(b"abc") as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/{way}"
        with over_https(url, {"User-Agent": "x"}) as answer:
            assert answer.status == status
            if status == 302:
                assert answer.headers.get("location") == "https://evil.example/good"
            assert answer.read1(10) == (b"abc" if status == 200 else b"")
