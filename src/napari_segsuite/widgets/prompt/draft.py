"""The object that is being prompted, and the steps by which it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from psygnal import Signal

from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.widgets.prompt.picture import Index

_EMPTY = PlanePrompt()


@dataclass(frozen=True)
class Draft:
    """One object, not committed yet or to be refined."""

    id: int | None = None
    """Its id in the labels, if it has had one."""
    prompts: Mapping[Index, PlanePrompt] = field(default_factory=dict)
    """What is said about it, by plane; absent where nothing is."""
    chosen: Mapping[Index, int] = field(default_factory=dict)
    """Which of the masks offered for a plane is meant; the best if absent."""
    masks: Mapping[Index, MaskRuns] = field(default_factory=dict)
    """Masks that count before any that is offered: of planes through which the object
    was followed, and of one that was taken up again."""

    followed: Mapping[Index, PlanePrompt] = field(default_factory=dict)
    """What was said when it was followed through the stack last."""

    @property
    def empty(self) -> bool:
        """Whether nothing is said about it and no mask is there."""
        return not self.prompts and not self.masks

    def prompt(self, index: Index) -> PlanePrompt:
        """Return what is said on a plane; an empty prompt if nothing is."""
        return self.prompts.get(index, _EMPTY)

    def saying(self, index: Index, prompt: PlanePrompt) -> Draft:
        """Return the draft with another prompt on a plane."""
        prompts = {key: said for key, said in self.prompts.items() if key != index}
        if prompt != _EMPTY:
            prompts[index] = prompt
        changed = prompt != self.prompt(index)
        drop = (index,) if changed else ()
        return replace(
            self,
            prompts=prompts,
            chosen={key: n for key, n in self.chosen.items() if key not in drop},
            masks={key: mask for key, mask in self.masks.items() if key not in drop},
        )

    def choosing(self, index: Index, number: int) -> Draft:
        """Return the draft with another of the masks offered for a plane."""
        masks = {key: mask for key, mask in self.masks.items() if key != index}
        return replace(self, chosen={**self.chosen, index: number}, masks=masks)

    def following(self, index: Index, mask: MaskRuns) -> Draft:
        """Return the draft with a mask on a plane through which it was followed."""
        return replace(self, masks={**self.masks, index: mask})


class Drafting:
    """A draft with undo and redo."""

    changed = Signal(Draft, Draft)
    """The draft before, and the draft now."""

    def __init__(self) -> None:
        self.draft = Draft()
        """The draft as it is."""
        self._undone: list[Draft] = []
        self._before: list[Draft] = []

    @property
    def can_undo(self) -> bool:
        """Whether a step can be taken back."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a step that was taken back can be done again."""
        return bool(self._undone)

    def do(self, draft: Draft) -> None:
        """Take a step."""
        if draft != self.draft:
            self._before.append(self.draft)
            self._undone.clear()
            self._set(draft)

    def amend(self, draft: Draft) -> None:
        """Change the draft without a step of its own."""
        if draft != self.draft:
            self._set(draft)

    @property
    def steps(self) -> tuple[Draft, ...]:
        """The drafts before, the oldest first."""
        return tuple(self._before)

    def begin(self, draft: Draft, steps: Sequence[Draft] = ()) -> None:
        """Take up another draft; the steps to the one before are forgotten."""
        self._before = list(steps)
        self._undone.clear()
        if draft != self.draft:
            self._set(draft)

    def undo(self) -> bool:
        """Take a step back; tell whether there was one."""
        if not self._before:
            return False
        self._undone.append(self.draft)
        self._set(self._before.pop())
        return True

    def redo(self) -> bool:
        """Do again what was taken back; tell whether there was anything."""
        if not self._undone:
            return False
        self._before.append(self.draft)
        self._set(self._undone.pop())
        return True

    def _set(self, draft: Draft) -> None:
        before, self.draft = self.draft, draft
        self.changed.emit(before, draft)


def changed_planes(before: Draft, after: Draft) -> list[Index]:
    """Return the planes on which something else is said, in order."""
    every = set(before.prompts) | set(after.prompts)
    return sorted(i for i in every if before.prompt(i) != after.prompt(i))
