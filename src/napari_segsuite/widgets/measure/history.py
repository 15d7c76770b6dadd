"""The evaluations of a session, so that one sees whether more painting helped."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from napari_segsuite.metrics import Mode, Report
from napari_segsuite.widgets.layers import METADATA_KEY
from napari_segsuite.widgets.measure.score_names import score_text, title

# While someone paints, scores change several times a second: one of them is kept.
_KEPT_APART = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation that is kept.

    Parameters
    ----------
    time : datetime
        When; with a time zone.
    truth, prediction : str
        The names of the layers.
    mode : {"classes", "instances", "panoptic"}
        How ids were read.
    scope : str
        What kind of part was scored: "slice", "whole" …
    where : str
        Which part, for people: "Slice Z = 12".
    painted_share : float
        The part of the pixels whose truth is known, in 0 … 1; NaN where 0 in the
        truth does not mean unpainted.
    scores : mapping of str to float
        The headline numbers of the report; NaN where there is none.
    model : str
        The model that made the prediction; "" if none is known.
    weights : str
        The SHA-256 of its weights: a model that was trained on has others.
    """

    time: datetime
    truth: str
    prediction: str
    mode: Mode
    scope: str
    where: str
    painted_share: float
    scores: Mapping[str, float]
    model: str = ""
    weights: str = ""

    @property
    def subject(self) -> tuple[str, ...]:
        """What was evaluated: a newer evaluation of the same may replace this one."""
        return (*self.line, self.prediction, self.model, self.weights)

    @property
    def line(self) -> tuple[str, ...]:
        """What evaluations have in common that can be compared with each other."""
        return (self.truth, self.mode, self.scope)


def evaluation_of(
    report: Report,
    *,
    truth: str,
    prediction: str,
    metadata: Mapping[str, object],
    scope: str,
    where: str,
    time: datetime,
) -> Evaluation:
    """Return what is kept of a report.

    Parameters
    ----------
    report : Report
        The scores.
    truth, prediction, scope, where, time
        As in `Evaluation`.
    metadata : mapping
        That of the prediction's layer: says which model made it.
    """
    facts = metadata.get(METADATA_KEY)
    known = facts if isinstance(facts, Mapping) else {}
    overlap = report.overlap
    return Evaluation(
        time=time,
        truth=truth,
        prediction=prediction,
        mode=report.mode,
        scope=scope,
        where=where,
        painted_share=math.nan if overlap.ignore_id is None else overlap.share_scored,
        scores=report.headline,
        model=str(known.get("model", "")),
        weights=str(known.get("weights_sha256", "")),
    )


class History:
    """The evaluations of a session, the oldest first; thinned while someone paints."""

    def __init__(self) -> None:
        self._kept: list[Evaluation] = []
        # When the first of those came that the last one kept stands for.
        self._since = datetime.min

    @property
    def evaluations(self) -> Sequence[Evaluation]:
        """All that are kept."""
        return tuple(self._kept)

    def add(self, evaluation: Evaluation) -> bool:
        """Keep an evaluation, unless nothing changed since the last one.

        Of one prediction and part, one evaluation is kept for every ten seconds: the
        last.

        Parameters
        ----------
        evaluation : Evaluation
            Not older than those before.

        Returns
        -------
        bool
            Whether the history changed.
        """
        last = self._kept[-1] if self._kept else None
        if last is not None and last.subject == evaluation.subject:
            if _same(last, evaluation):
                return False
            if evaluation.time - self._since < _KEPT_APART:
                self._kept[-1] = evaluation
                return True
        self._kept.append(evaluation)
        self._since = evaluation.time
        return True

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def line(self) -> Sequence[Evaluation]:
        """Return the evaluations that can be compared with the newest, and that one.

        They have the same truth, mode and kind of part; predictions may differ.
        """
        if not self._kept:
            return ()
        newest = self._kept[-1].line
        return tuple(one for one in self._kept if one.line == newest)

    def to_csv(self) -> str:
        """Return all as CSV with a head; numbers that are NaN stay empty."""
        names = list(dict.fromkeys(name for one in self._kept for name in one.scores))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        facts = ("truth", "prediction", "model", "weights", "mode", "scope", "where")
        writer.writerow(["time", *facts, "painted_share", *names])
        for one in self._kept:
            numbers = [
                one.painted_share,
                *(one.scores.get(name, math.nan) for name in names),
            ]
            writer.writerow(
                [
                    one.time.isoformat(timespec="seconds"),
                    *(getattr(one, fact) for fact in facts),
                    *("" if math.isnan(number) else number for number in numbers),
                ]
            )
        return text.getvalue()


def progress_sentence(line: Sequence[Evaluation], score: str) -> str:
    """Say how a score changed from the first to the last evaluation of a line.

    Evaluations without the score are left out; "" if fewer than two are left.
    """
    scored = [one for one in line if not math.isnan(one.scores.get(score, math.nan))]
    if len(scored) < 2:
        return ""
    first, last = scored[0], scored[-1]
    before, after = (score_text(score, one.scores[score]) for one in (first, last))
    change = "stayed at" if before == after else f"went from {before} to"
    text = f"{title(score)} {change} {after} over {len(scored)} evaluations"
    if not math.isnan(first.painted_share + last.painted_share):
        text += (
            f", while the painted part went from {_percent(first.painted_share)} to "
            f"{_percent(last.painted_share)}"
        )
    return f"{text}."


def _same(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations of one subject have the same numbers; NaN equals NaN."""
    return (
        one.where == other.where
        and _text(one.painted_share) == _text(other.painted_share)
        and {k: _text(v) for k, v in one.scores.items()}
        == {k: _text(v) for k, v in other.scores.items()}
    )


def _text(number: float) -> str:
    return repr(float(number))


def _percent(share: float) -> str:
    return f"{100 * share:.2g}\N{NO-BREAK SPACE}%"
