"""Models of others that can be downloaded: where they are, and how to know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from napari_segsuite.errors import InputError

DOWNLOADS = ".downloads"
"""Name of the folder in a library in which downloads wait until they are complete."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be downloaded."""

    name: str
    """How it is called here."""
    title: str
    """What it is, in a few words."""
    url: str
    """Where its file is; https always."""
    size: int
    """Size of the file in bytes."""
    sha256: str
    """SHA-256 of the file; empty where no source that we trust gives it."""
    licence: str
    """The licence of the weights."""
    page: str
    """The page that describes it, with its licence."""
    exact: bool = True
    """Whether `size` is exact; if not, it is right to a few percent."""


_META = "https://github.com/facebookresearch/segment-anything"
_META_FILES = "https://dl.fbaipublicfiles.com/segment_anything"

# The digests of Meta's files were taken from several projects that pin them and agree
# (3D Slicer's SegmentWithSAM and micro-sam among them), those of micro-sam's files from
# micro-sam's own table of checksums.
_OFFERS = (
    Offer(
        name="sam-vit-b",
        title="Segment Anything ViT-B",
        url=f"{_META_FILES}/sam_vit_b_01ec64.pth",
        size=375_042_383,
        sha256="ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        licence="Apache-2.0",
        page=_META,
    ),
    Offer(
        name="sam-vit-l",
        title="Segment Anything ViT-L",
        url=f"{_META_FILES}/sam_vit_l_0b3195.pth",
        size=1_249_524_607,
        sha256="3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        licence="Apache-2.0",
        page=_META,
    ),
    Offer(
        name="sam-vit-h",
        title="Segment Anything ViT-H",
        url=f"{_META_FILES}/sam_vit_h_4b8939.pth",
        size=2_564_550_879,
        sha256="a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        licence="Apache-2.0",
        page=_META,
    ),
    Offer(
        name="micro-sam-vit-b-lm",
        title="Segment Anything for light microscopy, ViT-B (micro-sam, 2023)",
        url="https://zenodo.org/records/8250281/files/vit_b_lm.pth",
        size=375_050_000,
        sha256="5a59cc4064092d54cd4d92cd967e39168f3760905431e868e474d60fe5464ecd",
        licence="as its page says",
        page="https://zenodo.org/records/8250281",
        exact=False,
    ),
    Offer(
        name="micro-sam-vit-b-em",
        title="Segment Anything for electron microscopy, ViT-B (micro-sam, 2023)",
        url="https://zenodo.org/records/8250260/files/vit_b_em.pth",
        size=375_050_000,
        sha256="c04a714a4e14a110f0eec055a65f7409d54e6bf733164d2933a0ce556f7d6f81",
        licence="as its page says",
        page="https://zenodo.org/records/8250260",
        exact=False,
    ),
    Offer(
        name="medsam-vit-b",
        title="Segment Anything for medical images, ViT-B (MedSAM)",
        url="https://zenodo.org/records/10689643/files/medsam_vit_b.pth",
        size=375_049_145,
        sha256="",
        licence="Apache-2.0",
        page="https://github.com/bowang-lab/MedSAM",
        exact=False,
    ),
)


def catalogue() -> Mapping[str, Offer]:
    """Return what can be downloaded, by name."""
    return MappingProxyType({offer.name: offer for offer in _OFFERS})


def find_offer(name: str) -> Offer:
    """Return the offer called `name`.

    Raises
    ------
    InputError
        If there is none; the names are listed.
    """
    offers = catalogue()
    if name in offers:
        return offers[name]
    msg = (
        f"There is no download {name!r}, only {', '.join(offers)}. Download other "
        "models with your browser, and import the file."
    )
    raise InputError(msg)


def offer_of(sha256: str) -> Offer | None:
    """Return the offer whose file has this SHA-256, or None."""
    return next((offer for offer in _OFFERS if offer.sha256 == sha256 != ""), None)


def describe_size(size: int) -> str:
    """Return a size in bytes for people: ``"375 MB"``."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
