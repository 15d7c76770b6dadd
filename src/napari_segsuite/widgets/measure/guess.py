"""Which layers are meant, and what their ids mean, where the user has not said."""

from __future__ import annotations

from collections.abc import Sequence

from napari.layers import Labels

from napari_segsuite.widgets.layers import METADATA_KEY, full_resolution, is_result


def guess_pair(layers: Sequence[Labels]) -> tuple[Labels | None, Labels | None]:
    """Return the layers most likely meant as truth and as prediction.

    The newest result of a model is the prediction; without any, the upper layer. The
    truth is a layer of the same shape that is no result, one that is called so first.
    """
    results = [layer for layer in layers if _is_prediction(layer)]
    if results:
        prediction = results[-1]
    elif len(layers) > 1:
        unnamed = [layer for layer in layers if not _called_truth(layer)]
        prediction = unnamed[-1] if unnamed else layers[-1]
    else:
        return (layers[0] if layers else None), None
    others = [layer for layer in layers if layer is not prediction]
    others.sort(
        key=lambda layer: (
            _is_prediction(layer),
            layer.ndim != prediction.ndim,
            full_resolution(layer).shape != full_resolution(prediction).shape,
            not _called_truth(layer),
        )
    )
    return (others[0] if others else None), prediction


def holds_objects(layer: Labels) -> bool:
    """Whether the layer itself says that its ids are objects.

    Results of models say their ``"readout"``; layers that objects were added to by
    prompts list these.
    """
    facts = layer.metadata.get(METADATA_KEY, {})
    return facts.get("readout") == "instances" or bool(facts.get("prompts"))


def _is_prediction(layer: Labels) -> bool:
    # A sample's truth counts as a result too: neither is to be learned from.
    return is_result(layer) and not _called_truth(layer)


def _called_truth(layer: Labels) -> bool:
    return "truth" in layer.name.lower()
