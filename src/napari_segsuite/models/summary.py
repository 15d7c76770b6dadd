"""A model's card in words."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from napari_segsuite.data.axes import Spacing, spatial
from napari_segsuite.models.card import Card, ModelCard
from napari_segsuite.models.kinds import AnyCard

_FAMILIES = {"click": "promptable, around a click", "sam": "Segment Anything"}


def describe(card: AnyCard) -> str:
    """Return a card as plain text, one fact a line."""
    rows = [("name", card.name), ("kind", family(card)), *_origin(card)]
    if isinstance(card, ModelCard):
        rows += [*_input(card), *_weights(card), *_classes(card), *_training(card)]
    else:
        rows += [("licence", card.licence or "unknown"), ("from", card.source)]
        rows += _weights(card)
    rows += [*_scores(card), *card.provenance.items()]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}".rstrip() for name, value in rows)


def family(card: AnyCard) -> str:
    """Return what kind of model it is, in a few words."""
    if isinstance(card, ModelCard):
        return f"{card.plan.ndim}D U-Net"
    return _FAMILIES[card.kind]


def _origin(card: Card) -> Iterator[tuple[str, str]]:
    made = card.created.strftime("%Y-%m-%d %H:%M")
    yield "made", f"{made} by napari-segsuite {card.package_version}"


def _input(card: ModelCard) -> Iterator[tuple[str, str]]:
    plan = card.plan
    yield "images", f"{card.axes}, {_count(plan.channels, 'channel')}"
    if card.spacing is not None:
        yield "pixel size", _pixel_size(card.spacing, card.axes)
    yield "patch", " × ".join(str(n) for n in plan.patch_size)
    yield "features", ", ".join(str(n) for n in plan.features)
    yield "normalised by", plan.normalisation


def _weights(card: Card) -> Iterator[tuple[str, str]]:
    yield "weights", f"{card.weights.size / 1e6:.1f} MB, {card.weights.sha256[:12]}…"


def _classes(card: ModelCard) -> Iterator[tuple[str, str]]:
    for number, info in enumerate(card.classes):
        name = "classes" if number == 0 else ""
        yield name, f"{info.id}  {info.name}  {info.color}"


def _training(card: ModelCard) -> Iterator[tuple[str, str]]:
    if card.history:
        last = card.history[-1]
        yield "trained", f"{_count(last.epoch, 'epoch')}, {last.seconds:.0f} s"
    if card.unfinished is not None:
        yield "unfinished", "go on with: segsuite train resume MODEL"


def _scores(card: Card) -> Iterator[tuple[str, str]]:
    for name, score in card.scores.items():
        yield name, f"{score:.4f}" if isfinite(score) else "unknown"


def _pixel_size(spacing: Spacing, axes: str) -> str:
    steps = zip(spatial(axes).lower(), spacing, strict=False)
    return ", ".join(f"{letter} {step:g} µm" for letter, step in steps)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
