"""What can be downloaded is known well enough to be trusted."""

from __future__ import annotations

import re

import pytest

from napari_segsuite.errors import InputError
from napari_segsuite.models.catalogue import (
    Offer,
    catalogue,
    describe_size,
    find_offer,
    offer_of,
)

offers = pytest.mark.parametrize("offer", catalogue().values(), ids=lambda o: o.name)


@offers
def test_every_offer_is_complete(offer: Offer) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,60}", offer.name)
    assert offer.url.startswith("https://")
    assert offer.page.startswith("https://")
    assert offer.size > 0
    assert offer.licence
    assert re.fullmatch(r"([0-9a-f]{64})?", offer.sha256)


def test_metas_three_sizes_are_known_exactly() -> None:
    meta = [offer for name, offer in catalogue().items() if name.startswith("sam-vit")]

    assert [offer.size for offer in meta] == [375042383, 1249524607, 2564550879]
    assert all(offer.sha256 and offer.exact for offer in meta)


def test_a_file_is_known_by_its_digest() -> None:
    offer = find_offer("sam-vit-b")

    assert offer_of(offer.sha256) == offer
    assert offer_of("0" * 64) is None
    assert offer_of("") is None


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no download 'x'.*sam-vit-b.*import"):
        find_offer("x")


def test_sizes_for_people() -> None:
    assert describe_size(375_042_383) == "375 MB"
    assert describe_size(2_564_550_879) == "2.6 GB"
