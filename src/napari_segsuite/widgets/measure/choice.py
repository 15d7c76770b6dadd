"""What the dock shows of a count; made where the counting is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from napari_segsuite.metrics import ContingencyTable, Report, SliceScores
from napari_segsuite.widgets.measure.meaning import Meaning, Wish, ids_of, meaning_of
from napari_segsuite.widgets.measure.object_rows import ObjectRows, no_rows, rows_of
from napari_segsuite.widgets.measure.parts import OUTSIDE

# More classes than this are objects; a report of them would only slow the window.
MOST_IDS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the dock shows.

    Parameters
    ----------
    meaning : Meaning
        How ids were read.
    ids : tuple of int
        All ids of truth and prediction, ascending.
    report : Report or None
        None if there are too many classes for a report.
    headline : mapping of str to float
        Its headline numbers, which take a while with thousands of classes.
    objects : ObjectRows
        What became of each object, with mode "instances".
    """

    meaning: Meaning
    ids: tuple[int, ...]
    report: Report | None = None
    headline: Mapping[str, float] = field(default_factory=dict)
    objects: ObjectRows = field(default_factory=no_rows)


class Scorer:
    """Scores tables; slices that did not change are not scored again.

    Belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self._meaning: Meaning | None = None
        self._known: dict[int, tuple[ContingencyTable, dict[str, float]]] = {}

    def score(
        self,
        table: ContingencyTable,
        wish: Wish,
        *,
        axis: int | None = None,
        slices: Sequence[ContingencyTable] = (),
    ) -> Scores:
        """Score `table`, and each of the `slices` along `axis` where there are any.

        Raises
        ------
        InputError
            If an object has a negative id, or a segment no class.
        """
        meaning = meaning_of(table, wish)
        ids = ids_of(table.without_true(OUTSIDE))
        if meaning.mode == "classes" and len(ids) > MOST_IDS:
            return Scores(meaning, ids)
        report = meaning.score(table)
        if axis is not None:
            report = replace(report, slices=self._slices(axis, slices, meaning))
        objects = (
            no_rows() if report.instances is None else rows_of(report.instances.objects)
        )
        return Scores(meaning, ids, report, report.headline, objects)

    def _slices(
        self, axis: int, slices: Sequence[ContingencyTable], meaning: Meaning
    ) -> SliceScores:
        if meaning != self._meaning:
            self._meaning, self._known = meaning, {}
        headlines = []
        for index, table in enumerate(slices):
            known = self._known.get(index)
            if known is None or known[0] is not table:
                known = self._known[index] = table, meaning.score(table).headline
            headlines.append(known[1])
        return SliceScores.of(axis, headlines)
