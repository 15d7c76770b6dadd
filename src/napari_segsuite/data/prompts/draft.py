"""An object in the making."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_segsuite.data.prompts.bounds import Shape, within
from napari_segsuite.data.prompts.objects import Index, PromptedObject
from napari_segsuite.data.prompts.prompt import PlanePrompt


@dataclass(frozen=True, slots=True)
class Draft:
    """An object in the making, or one taken up again."""

    object: PromptedObject
    """Its prompts are new, its masks those that were committed."""
    plane: Index = ()
    """The plane that was prompted last."""
    changed: frozenset[Index] = frozenset()
    """The planes whose masks a commit makes anew."""

    def said(self, index: Index) -> PlanePrompt:
        """Return what has been said on a plane."""
        return self.object.prompts.get(index, PlanePrompt())

    def chosen(self, index: Index) -> int:
        """Return which of the masks offered on a plane was chosen."""
        return self.object.chosen.get(index, 0)

    def say(self, index: Index, prompt: PlanePrompt, shape: Shape) -> Draft:
        """Return the draft after all was said about a plane, which has `shape`.

        Raises
        ------
        InputError
            If the prompt lies outside, or nothing says where the object is, here or on
            another plane.
        """
        others = [p for i, p in self.object.prompts.items() if i != index]
        if prompt.says_where or not any(p.says_where for p in others):
            prompt = within(prompt, shape)
        else:
            # Background alone ends the object here; its clicks must lie inside.
            within(prompt.replace(box=(0, 0, *shape)), shape)
        said = {i: p for i, p in self.object.prompts.items() if i != index}
        chosen = {i: n for i, n in self.object.chosen.items() if i != index}
        return replace(
            self,
            object=self.object.replace(prompts={**said, index: prompt}, chosen=chosen),
            plane=index,
            changed=self.changed | {index},
        )

    def choose(self, number: int) -> Draft:
        """Return the draft with another of the masks offered for its plane."""
        chosen = {**self.object.chosen, self.plane: number}
        return replace(
            self,
            object=self.object.replace(chosen=chosen),
            changed=self.changed | {self.plane},
        )
