"""The class of each drawn object, where a layer says it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import isfinite

from napari.layers import Labels

from napari_segsuite.data.classes import ClassTable, table_of
from napari_segsuite.widgets.layer_classes import declared
from napari_segsuite.widgets.measure.segments import segment_classes


@dataclass(frozen=True)
class ObjectClasses:
    """Which class each object is of; empty if all are of one."""

    table: ClassTable = ()
    """The classes that occur, ascending."""
    of_object: tuple[tuple[int, int], ...] = ()
    """Id of an object and of its class, ascending; those that nobody told are not in
    it."""

    @property
    def counts(self) -> dict[int, int]:
        """How many objects are of each class of the table."""
        counts = {info.id: 0 for info in self.table}
        for _, label in self.of_object:
            counts[label] += 1
        return counts


def object_classes(layer: Labels, ids: Collection[int]) -> ObjectClasses:
    """Return the classes of the objects of a layer.

    Parameters
    ----------
    layer : Labels
        Its features may say the class of each id: ``index``, and ``class_id`` (a
        number above 0) or ``class`` (a name).
    ids : collection of int
        The objects there are.

    Returns
    -------
    ObjectClasses
        Without classes if there are fewer than two among `ids`, or if every id is its
        own class: the layer names classes of pixels then, not of objects.
    """
    names = _names(layer)
    told = segment_classes(layer) if "class_id" in layer.features else None
    if told is None:
        by_name = _numbered(layer, [names[i] for i in ids if i in names])
        told = {i: by_name[names[i]] for i in ids if i in names}
    found = {i: told[i] for i in sorted(ids) if told.get(i, 0) > 0}
    if len(set(found.values())) < 2 or all(i == label for i, label in found.items()):
        return ObjectClasses()
    known = {info.id: info for info in declared(layer)}
    called = {label: names[i] for i, label in found.items() if i in names}
    table = tuple(
        known.get(info.id)
        or info.replace(
            name=called.get(info.id, f"class {info.id}")[:200] or f"class {info.id}",
            thing=True,
        )
        for info in table_of(found.values())
    )
    return ObjectClasses(table, tuple(found.items()))


def _names(layer: Labels) -> dict[int, str]:
    """Return the name of the class of each id that the features list."""
    features = layer.features
    if "index" not in features or "class" not in features:
        return {}
    pairs = zip(features["index"].tolist(), features["class"], strict=True)
    # A missing value is NaN in either column.
    return {
        int(i): name
        for i, name in pairs
        if isinstance(i, int | float) and isfinite(i) and isinstance(name, str)
    }


def _numbered(layer: Labels, names: list[str]) -> dict[str, int]:
    """Return the numbers of named classes: the layer's own, else in their order."""
    numbers = {info.name: info.id for info in declared(layer)}
    for name in names:
        if name not in numbers:
            numbers[name] = max(numbers.values(), default=0) + 1
    return numbers
