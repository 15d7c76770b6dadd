"""The masks of the object in hand: which are offered, and which is meant."""

from __future__ import annotations

from collections.abc import Mapping

from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.prompting import MaskOffer
from napari_segsuite.widgets.prompt.answers import Answers
from napari_segsuite.widgets.prompt.draft import Draft, Drafting
from napari_segsuite.widgets.prompt.picture import Index


class DraftMasks:
    """What the draft and the answers to it mean together, plane by plane.

    Parameters
    ----------
    drafting : Drafting
        The object in hand.
    answers : Answers
        What was answered about it.
    """

    def __init__(self, drafting: Drafting, answers: Answers) -> None:
        self._drafting = drafting
        self._answers = answers

    def offers_at(self, index: Index) -> tuple[MaskOffer, ...]:
        """Return the masks offered on a plane, the best first."""
        return self._answers.offers(index)

    def chosen_at(self, index: Index) -> int:
        """Return which of them is meant."""
        most = max(0, len(self.offers_at(index)) - 1)
        return min(self._draft.chosen.get(index, 0), most)

    def at(self, index: Index) -> MaskRuns | None:
        """Return the object's mask on a plane, or None."""
        if index in self._draft.masks:
            return self._draft.masks[index]
        offers = self.offers_at(index)
        return offers[self.chosen_at(index)].mask if offers else None

    def others_at(self, index: Index) -> list[MaskRuns]:
        """Return the masks offered on a plane that are not meant."""
        chosen = self.chosen_at(index)
        offers = self.offers_at(index)
        return [offer.mask for n, offer in enumerate(offers) if n != chosen]

    def choose(self, index: Index, number: int) -> None:
        """Mean another of the masks offered on a plane."""
        if number < len(self.offers_at(index)):
            self._drafting.amend(self._draft.choosing(index, number))

    def cycle(self, index: Index) -> None:
        """Mean the next of the masks offered on a plane."""
        count = len(self.offers_at(index))
        if count > 1:
            self.choose(index, (self.chosen_at(index) + 1) % count)

    @property
    def waits_for(self) -> Index | None:
        """A plane whose question is not answered yet."""
        for index, prompt in self._draft.prompts.items():
            if not prompt.says_where or index in self._draft.masks:
                continue
            if not self._answers.settled(index, prompt):
                return index
        return None

    @property
    def expected(self) -> bool:
        """Whether there is a mask, or will be one when it is answered."""
        if self.waits_for is not None or self._draft.masks:
            return True
        return any(self.at(index) is not None for index in self._draft.prompts)

    def all(self) -> Mapping[Index, MaskRuns]:
        """Return the object's masks on all planes.

        Raises
        ------
        InputError
            If it has none, or a question cannot be answered.
        """
        for index in self._draft.prompts:
            reason = self._answers.failure(index)
            if reason and index not in self._draft.masks:
                raise InputError(reason)
        planes = {*self._draft.prompts, *self._draft.masks}
        found = {index: self.at(index) for index in sorted(planes)}
        masks = {i: mask for i, mask in found.items() if mask is not None and mask.area}
        if not masks:
            msg = "There is no mask to commit: click an object first."
            raise InputError(msg)
        return masks

    @property
    def _draft(self) -> Draft:
        return self._drafting.draft
