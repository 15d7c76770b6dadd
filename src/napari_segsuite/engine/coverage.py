"""How much of the image each class covers, and what that says of a doubtful pixel.

Training sees every class as often, whatever it covers, so that rare ones are learned.
Left at that, each doubtful pixel goes to the rarer class, and objects come out a
fraction of a pixel too large: on twenty images with 3 % painted, by 5 % of their area.
Logits that know the coverage (logit adjustment: Menon et al. 2021, "Long-tail learning
via logit adjustment") say less of rare classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from napari_segsuite.data.painted import IGNORED
from napari_segsuite.engine.regions import Region

# Half of the full adjustment: doubtful pixels lie near objects, where the mix of
# classes is somewhere between even and that of the whole image. On twenty images mean
# Dice was 0.938 with none, 0.942 with half and 0.938 with all of it.
_STRENGTH = 0.5
# No class is thought to be rarer than this.
_RAREST = 1e-3


def prior_logits(
    regions: Sequence[Region], teachings: Sequence[torch.Tensor], classes: int
) -> torch.Tensor:
    """Return what the logit of each class owes to how much the class covers.

    Parameters
    ----------
    regions : sequence of Region
        What is painted.
    teachings : sequence of float torch.Tensor, shape (classes, *spatial)
        What the instant classifier says of each region; it decides where nothing is
        painted.
    classes : int
        Number of classes.

    Returns
    -------
    float32 torch.Tensor, shape (classes,)
        To be added to the logits of evenly likely classes; mean 0 over the classes
        that are painted, and 0 for those that are not.
    """
    covered = torch.zeros(classes)
    painted = torch.zeros(classes)
    for region, said in zip(regions, teachings, strict=True):
        is_painted = region.target != IGNORED
        guess = torch.where(is_painted, region.target, said.argmax(0))
        covered += torch.bincount(guess.flatten(), minlength=classes)
        painted += torch.bincount(region.target[is_painted], minlength=classes)
    known = painted > 0
    share = (covered / covered[known].sum()).clamp(min=_RAREST)
    logits = _STRENGTH * share.log()
    return torch.where(known, logits - logits[known].mean(), 0.0)
