"""The classes of objects, found again in the class table of their image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from napari_segsuite.data.classes import ClassInfo, ClassTable
from napari_segsuite.data.segments import Segment
from napari_segsuite.errors import InputError


def in_table(
    objects: Sequence[Segment],
    named: Sequence[ClassInfo],
    table: ClassTable,
    only: int | None = None,
) -> tuple[tuple[Segment, ...], ClassTable]:
    """Give objects the classes of another table, as panoptic labels need them.

    A class is found by its name, whatever its id. Where none has the name, the objects
    are of the only class of the table that has objects; if no class has, theirs is
    added.

    Parameters
    ----------
    objects : sequence of Segment
        The objects.
    named : sequence of ClassInfo
        Their classes.
    table : sequence of ClassInfo
        The classes of the image; `ClassInfo.thing` says which have objects.
    only : int, optional
        The class of all objects, whatever is known of them.

    Returns
    -------
    objects : tuple of Segment
        The same objects with ids of the table.
    table : tuple of ClassInfo
        The table, with classes that were added.

    Raises
    ------
    InputError
        If `only` is not in the table; or no class has the name, and several have
        objects.
    """
    if only is not None:
        if only not in {info.id for info in table}:
            msg = (
                f"Objects shall be of class {only}, but the class table knows "
                f"{sorted(info.id for info in table)}. Choose one of these."
            )
            raise InputError(msg)
        same = {one.class_id: only for one in objects}
        return _renamed(objects, same), table
    names = {info.id: info for info in named}
    found: dict[int, int] = {}
    for class_id in sorted({one.class_id for one in objects}):
        info = names.get(class_id)
        target = None if info is None else _called(info.name, table)
        if target is None:
            target, table = _only_thing(class_id, info, table)
        found[class_id] = target
    return _renamed(objects, found), table


def _called(name: str, table: Iterable[ClassInfo]) -> int | None:
    wanted = name.strip().casefold()
    same = (one.id for one in table if one.name.strip().casefold() == wanted)
    return next(same, None)


def _only_thing(
    class_id: int, info: ClassInfo | None, table: ClassTable
) -> tuple[int, ClassTable]:
    things = [one for one in table if one.thing]
    if len(things) == 1:
        return things[0].id, table
    name = "object" if info is None else info.name
    if things:
        known = ", ".join(one.name for one in things)
        msg = (
            f"The objects are of the class {name!r}, which the class table does not "
            f"know; of its classes, {known} have objects. Say which of them is meant."
        )
        raise InputError(msg)
    taken = {one.id for one in table}
    free = next(i for i in range(1, len(taken) + 2) if i not in taken)
    color = "#E69F00" if info is None else info.color
    return free, (*table, ClassInfo(id=free, name=name, color=color))


def _renamed(
    objects: Sequence[Segment], classes: dict[int, int]
) -> tuple[Segment, ...]:
    return tuple(
        one.model_copy(update={"class_id": classes[one.class_id]}) for one in objects
    )
