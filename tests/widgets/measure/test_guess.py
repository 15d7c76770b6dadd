"""Which layers are meant where the user has not said."""

from typing import Any

import numpy as np
from napari.layers import Labels

from napari_segsuite.widgets.measure.guess import guess_pair, holds_objects

STACK = np.zeros((2, 3, 8, 9), np.uint8)
RESULT: dict[str, Any] = {"segsuite": {"model": "m"}}


def test_truth_and_prediction_are_guessed() -> None:
    painting = Labels(STACK[0], name="painting", metadata={"segsuite": {"classes": []}})
    other = Labels(STACK[0, 0], name="another image")
    truth = Labels(STACK[0], name="exact truth")
    old = Labels(STACK[0], name="model 1", metadata=RESULT)
    new = Labels(STACK[0], name="model 2", metadata=RESULT)

    sample = Labels(STACK[0], name="truth", metadata={"segsuite": {"truth": True}})

    assert guess_pair([sample, painting, new]) == (sample, new)
    assert guess_pair([sample, painting]) == (sample, painting)
    assert guess_pair([]) == (None, None)
    assert guess_pair([painting]) == (painting, None)
    assert guess_pair([painting, other]) == (painting, other)
    assert guess_pair([other, painting, old, new]) == (painting, new)
    assert guess_pair([painting, new, truth]) == (truth, new)
    assert guess_pair([other, truth]) == (truth, other)


def test_layers_that_hold_objects_say_so() -> None:
    def layer(**facts: Any) -> Labels:
        return Labels(STACK[0], metadata={"segsuite": facts})

    assert holds_objects(layer(readout="instances", model="m"))
    assert holds_objects(layer(prompts={"1": {}}))
    assert not holds_objects(layer(readout="semantic", model="m"))
    assert not holds_objects(layer(prompts={}))
    assert not holds_objects(Labels(STACK[0]))
