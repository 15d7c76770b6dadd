"""What was scored, in one sentence."""

from __future__ import annotations

from napari_segsuite.widgets.measure.choice import MOST_IDS, Scores


def summary(where: str, scores: Scores) -> str:
    """Say what was scored and what the means hold.

    Parameters
    ----------
    where : str
        Which part was scored: "Whole stack".
    scores : Scores
        What came of it.
    """
    report = scores.report
    if report is None:
        return (
            f"These layers hold {len(scores.ids):,} different ids: objects, it seems. "
            f"Choose that ids are objects; up to {MOST_IDS:,} classes are scored."
        )
    overlap = report.overlap
    if not overlap.n_scored:
        return f"{where}: nothing is painted there, so there is nothing to score."
    if report.instances is not None:
        n_true, n_pred = report.instances.n_true, report.instances.n_pred
        return f"{where}: {n_true:,} true and {n_pred:,} predicted objects."
    if overlap.ignore_id is None:
        scored = "all pixels"
    else:
        share = 100 * overlap.share_scored
        percent = "less than 0.1" if share < 0.1 else f"{share:.1f}"
        scored = f"only painted pixels, {percent}\N{NO-BREAK SPACE}%"
    names = [c.name for c in report.classes if c.id == overlap.background_id]
    means = f"means without {names[0]}" if names else "means over all classes"
    return f"{where}: {scored}; {means}."
