"""What was answered about the planes of a draft."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.widgets.prompt.asking import Offers
from napari_segsuite.widgets.prompt.picture import Index


@dataclass(frozen=True)
class _Answer:
    prompt: PlanePrompt
    offers: Offers
    doubtful: bool = False


class Answers:
    """The newest answer about each plane, kept on the screen until the next comes."""

    def __init__(self) -> None:
        self._answers: dict[Index, _Answer] = {}
        self._failures: dict[Index, str] = {}

    def take(self, index: Index, prompt: PlanePrompt, offers: Offers) -> None:
        """Keep what was offered for a prompt."""
        self._failures.pop(index, None)
        self._answers[index] = _Answer(prompt, offers)

    def fail(self, index: Index, reason: str) -> None:
        """Keep why there is no answer."""
        self._failures[index] = reason

    def ask(self, index: Index) -> None:
        """Know that a plane is asked about again."""
        self._failures.pop(index, None)

    def drop(self, index: Index) -> None:
        """Forget a plane."""
        self._failures.pop(index, None)
        self._answers.pop(index, None)

    def doubt(self) -> None:
        """Count no answer as settled any more, since the image may have changed."""
        self._answers = {
            index: replace(answer, doubtful=True)
            for index, answer in self._answers.items()
        }

    def keep(self, indices: Container[Index]) -> None:
        """Forget all other planes."""
        for index in {*self._answers, *self._failures}:
            if index not in indices:
                self.drop(index)

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self._failures.clear()

    def offers(self, index: Index) -> Offers:
        """Return the masks offered last, the best first; empty if there are none."""
        found = self._answers.get(index)
        return () if found is None else found.offers

    def failure(self, index: Index) -> str:
        """Return why there is no answer; empty if there is one, or none is due."""
        return self._failures.get(index, "")

    def settled(self, index: Index, prompt: PlanePrompt) -> bool:
        """Whether this prompt was answered, or cannot be."""
        if index in self._failures:
            return True
        found = self._answers.get(index)
        return found is not None and found.prompt == prompt and not found.doubtful
