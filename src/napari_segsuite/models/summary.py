"""A model's card in words."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from napari_segsuite.data.axes import Spacing, spatial
from napari_segsuite.models.card import ModelCard


def describe(card: ModelCard) -> str:
    """Return a card as plain text, one fact a line."""
    rows = [*_facts(card), *_classes(card), *_training(card)]
    rows += [(key, value) for key, value in card.provenance.items()]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}".rstrip() for name, value in rows)


def _facts(card: ModelCard) -> Iterator[tuple[str, str]]:
    plan = card.plan
    yield "name", card.name
    yield "kind", f"{plan.ndim}D {'U-Net' if card.kind == 'unet' else card.kind}"
    made = card.created.strftime("%Y-%m-%d %H:%M")
    yield "made", f"{made} by napari-segsuite {card.package_version}"
    yield "images", f"{card.axes}, {_count(plan.channels, 'channel')}"
    if card.spacing is not None:
        yield "pixel size", _pixel_size(card.spacing, card.axes)
    yield "patch", " × ".join(str(n) for n in plan.patch_size)
    yield "features", ", ".join(str(n) for n in plan.features)
    yield "normalised by", plan.normalisation
    yield "weights", f"{card.weights.size / 1e6:.1f} MB, {card.weights.sha256[:12]}…"


def _classes(card: ModelCard) -> Iterator[tuple[str, str]]:
    for number, info in enumerate(card.classes):
        name = "classes" if number == 0 else ""
        yield name, f"{info.id}  {info.name}  {info.color}"


def _training(card: ModelCard) -> Iterator[tuple[str, str]]:
    if card.history:
        last = card.history[-1]
        yield "trained", f"{_count(last.epoch, 'epoch')}, {last.seconds:.0f} s"
    for name, score in card.scores.items():
        yield name, f"{score:.4f}" if isfinite(score) else "unknown"


def _pixel_size(spacing: Spacing, axes: str) -> str:
    steps = zip(spatial(axes).lower(), spacing, strict=False)
    return ", ".join(f"{letter} {step:g} µm" for letter, step in steps)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
