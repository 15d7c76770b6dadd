"""What is promised, and the long form of each trial."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field

from trials.matrix import tests_of_rows


@dataclass(frozen=True)
class Trial:
    """One promise and how it is tried at length.

    ``{count}`` and ``{seed}`` stand for what is asked for.
    """

    key: str
    """What the trial is called on the command line."""
    promise: str
    """What must hold, in a sentence."""
    count: int = 0
    """How often it is tried in the long form; 0: as often as it says itself."""
    unit: str = ""
    """What is counted."""
    program: str = ""
    """A program that prints a line of JSON; empty: tests."""
    arguments: tuple[str, ...] = ()
    """Of the program, or of pytest: files, and what to select of them."""
    variables: dict[str, str] = field(default_factory=dict)
    """Environment variables."""
    properties: bool = False
    """Whether Hypothesis counts the examples."""

    def command(self, count: int, seed: int) -> list[str]:
        """Return what is run."""
        given = [text.format(count=count, seed=seed) for text in self.arguments]
        if self.program:
            return [sys.executable, "-W", "ignore", self.program, *given]
        more = ["--hypothesis-profile=long", "--hypothesis-show-statistics"]
        return [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            f"--hypothesis-seed={seed}",
            *(more if self.properties else ()),
            *given,
        ]

    def environment(self, count: int, seed: int) -> dict[str, str]:
        """Return the environment it runs in."""
        own = {name: text.format(count=count) for name, text in self.variables.items()}
        return {**os.environ, "SEGSUITE_SEED": str(seed), **own}

    def shown(self) -> str:
        """Return the long form's command for people, with 0 as its seed."""
        given = " ".join(
            f'"{text}"' if " " in text else text
            for text in (t.format(count=self.count, seed=0) for t in self.arguments)
        )
        if self.program:
            return f"python {self.program} {given}".strip()
        own = [f"{n}={t.format(count=self.count)} " for n, t in self.variables.items()]
        profile = "--hypothesis-profile=long " if self.properties else ""
        return f"{''.join(own)}pytest {profile}{given}"


TRIALS = (
    Trial(
        "kills",
        "A painting process is killed at any moment: every stroke that was "
        "acknowledged comes back, and nothing else.",
        500,
        "kills",
        program="tests/data/journal/killed_painters.py",
        arguments=("{count}", "{seed}"),
    ),
    Trial(
        "power",
        "The power fails at any moment: journalled strokes and prompts, saved "
        "OME-TIFF and OME-Zarr, model folders and what is needed to resume are what "
        "they were when they were last said to be on disk, or newer.",
        20_000,
        "power cuts of each kind",
        program="tests/power_cuts/cuts.py",
        arguments=("{count}", "{seed}"),
    ),
    Trial(
        "disk",
        "Every operation on files fails once, in every way: the old file is whole, "
        "and a sentence says what is wrong.",
        program="",
        arguments=(
            "tests/test_failing_disk.py",
            "tests/data/test_atomic.py",
            "tests/data/journal/test_layer.py",
            "tests/models/test_unfinished.py",
            "tests/models/foreign/test_download.py",
            "-k",
            "operation or disk or byte or fail",
        ),
        variables={"SEGSUITE_EVERY_FAULT": "1"},
    ),
    Trial(
        "journal-damage",
        "A damaged journal gives what is whole in it, or a sentence.",
        100_000,
        "damaged journals",
        arguments=("tests/data/journal/test_records.py", "-k", "random_damage"),
        variables={"SEGSUITE_MUTANTS": "{count}"},
    ),
    Trial(
        "model-damage",
        "Damaged models and checkpoints, safetensors, .pth and model.json, are "
        "refused in a sentence.",
        100_000,
        "damaged files of each kind",
        arguments=(
            "tests/models/test_mutants.py",
            "tests/models/foreign/test_mutants.py",
        ),
        variables={"SEGSUITE_MUTANTS": "{count}"},
    ),
    Trial(
        "job-damage",
        "Damaged lines between the window and its worker are refused in a sentence.",
        100_000,
        "damaged lines",
        arguments=("tests/jobs/test_mutants.py", "tests/jobs/test_messages.py"),
        variables={"SEGSUITE_MUTANTS": "{count}"},
    ),
    Trial(
        "exchange-damage",
        "Damaged COCO files are read for what is whole in them, or refused in a "
        "sentence.",
        100_000,
        "damaged files of each kind",
        arguments=("tests/data/exchange/test_mutants.py",),
        variables={"SEGSUITE_MUTANTS": "{count}"},
    ),
    Trial(
        "flips",
        "One changed bit in a model's weights is noticed.",
        2_000,
        "changed bits",
        arguments=("tests/models/test_folder.py", "-k", "flipped_bit_of_the_weights"),
        variables={"SEGSUITE_FLIPS": "{count}"},
    ),
    Trial(
        "hostile",
        "No model file runs code, on no way in, with every unsafe environment "
        "variable set; nothing hangs, and memory stays bounded.",
        arguments=(
            "tests/models/foreign/test_hostile.py",
            "tests/engine/foreign/test_walls.py",
        ),
        variables={"SEGSUITE_HOSTILE": "long"},
    ),
    Trial(
        "workers",
        "A worker is killed at any moment of training, predicting and saving: the job "
        "ends with a sentence, inputs are untouched, nothing is left after 5 s, and "
        "the next job works.",
        200,
        "kills",
        program="tests/runners/killed_workers.py",
        arguments=("{count}", "{seed}"),
    ),
    Trial(
        "resume",
        "A training that is killed again and again ends, on the CPU, with the same "
        "weights, bit for bit, as one that nobody interrupted; with one thread and "
        "with two.",
        200,
        "kills with each number of threads",
        arguments=("tests/engine/test_resuming.py", "-k", "random_moments"),
        variables={"SEGSUITE_KILLS": "{count}"},
    ),
    Trial(
        "round-trips",
        "Labels of every dtype, shape and id come back from every file, from the "
        "journal and from a class table as they were, and lie where they lay.",
        10_000,
        "examples of each property",
        arguments=(
            "tests/data/test_formats.py",
            "tests/data/test_painted.py",
            "tests/data/test_recovery.py",
            "tests/data/test_image_checks.py",
            "tests/data/journal",
            "tests/widgets/test_geometry.py",
            "-k",
            "round_trip or maps_back or survive_exactly or any_ids or any_place "
            "or is_seen or pixel_away",
        ),
        variables={"SEGSUITE_EXAMPLES": "{count}"},
        properties=True,
    ),
    Trial(
        "stroke-cost",
        "Keeping a stroke costs the window at most 2 ms at 2048², 5 ms in a volume, "
        "and a layer of 1 GB is not copied.",
        program="benchmarks/stroke_cost.py",
    ),
    Trial(
        "matrix",
        "What goes wrong in the table below ends as it says there.",
        arguments=tests_of_rows(),
    ),
)
