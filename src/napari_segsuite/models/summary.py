"""A model's card in words."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from napari_segsuite.data.axes import Spacing, spatial
from napari_segsuite.models.card import Card, ModelCard, TrainedCard
from napari_segsuite.models.kinds import AnyCard
from napari_segsuite.models.maskrcnn_card import MaskRCNNCard
from napari_segsuite.models.prompt_card import PromptCard
from napari_segsuite.plan.unet import UNetPlan

_FAMILIES = {"click": "promptable, around a click", "sam": "Segment Anything"}


def describe(card: AnyCard) -> str:
    """Return a card as plain text, one fact a line."""
    rows = [("name", card.name), ("kind", family(card)), *_origin(card)]
    if isinstance(card, ModelCard | MaskRCNNCard):
        rows += [*_input(card), *_weights(card), *_classes(card), *_training(card)]
        rows += _source(card) if card.licence or card.source else ()
    if isinstance(card, PromptCard):
        rows += [*_source(card), *_weights(card)]
    rows += [*_scores(card), *card.provenance.items()]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}".rstrip() for name, value in rows)


def family(card: AnyCard) -> str:
    """Return what kind of model it is, in a few words."""
    if isinstance(card, ModelCard):
        return f"{card.plan.ndim}D U-Net"
    if isinstance(card, MaskRCNNCard):
        return f"Mask R-CNN, {card.plan.backbone}"
    return _FAMILIES[card.kind]


def _origin(card: Card) -> Iterator[tuple[str, str]]:
    made = card.created.strftime("%Y-%m-%d %H:%M")
    yield "made", f"{made} by napari-segsuite {card.package_version}"


def _source(card: PromptCard | TrainedCard) -> Iterator[tuple[str, str]]:
    yield "licence", card.licence or "unknown"
    yield "from", card.source or "unknown"


def _input(card: ModelCard | MaskRCNNCard) -> Iterator[tuple[str, str]]:
    plan = card.plan
    yield "images", f"{card.axes}, {_count(plan.channels, 'channel')}"
    if card.spacing is not None:
        yield "pixel size", _pixel_size(card.spacing, card.axes)
    yield "patch", " × ".join(str(n) for n in plan.patch_size)
    if isinstance(plan, UNetPlan):
        yield "features", ", ".join(str(n) for n in plan.features)
    else:
        yield "scale", f"{plan.scale:g}"
        yield "object size", f"{plan.object_size:.3g} pixels"
    yield "normalised by", plan.normalisation


def _weights(card: Card) -> Iterator[tuple[str, str]]:
    yield "weights", f"{card.weights.size / 1e6:.1f} MB, {card.weights.sha256[:12]}…"


def _classes(card: ModelCard | MaskRCNNCard) -> Iterator[tuple[str, str]]:
    for number, info in enumerate(card.classes):
        name = "classes" if number == 0 else ""
        yield name, f"{info.id}  {info.name}  {info.color}"


def _training(card: TrainedCard) -> Iterator[tuple[str, str]]:
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
