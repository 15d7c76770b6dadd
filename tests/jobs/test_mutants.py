"""Damaged job lines raise only our own errors; ``SEGSUITE_MUTANTS`` sets how many."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from napari_segsuite.errors import InputError
from napari_segsuite.jobs.base import dump_job, job_types, load_job
from napari_segsuite.jobs.importing import DownloadModel, ImportModel
from napari_segsuite.jobs.messages import (
    ProtocolError,
    Submit,
    decode_request,
    encode,
)

MUTANTS = int(os.environ.get("SEGSUITE_MUTANTS", "2000"))
JOBS = (
    ImportModel(file=Path("/a.pth"), out=Path("/models/a"), name="ü 細胞"),
    DownloadModel(offer="sam-vit-b", out=Path("/models/a"), downloads=Path("/d")),
)


def test_damaged_job_lines_raise_only_our_own_errors() -> None:
    random, types = Random(0), job_types()  # noqa: S311
    lines = [
        encode(Submit(run="0" * 32, job=dump_job(job), scratch=Path("/s")))
        for job in JOBS
    ]
    read = refused = 0
    for _ in range(MUTANTS):
        line = bytearray(random.choice(lines))
        for _ in range(random.randint(1, 4)):
            where = random.randrange(len(line))
            match random.randrange(3):
                case 0:
                    line[where] = random.randrange(256)
                case 1:
                    del line[where : where + random.randint(1, 20)]
                case _:
                    line[where:where] = random.choice(lines)[: random.randint(1, 40)]
        try:
            request = decode_request(bytes(line))
            if isinstance(request, Submit):
                load_job(request.job, types)
            read += 1
        except (ProtocolError, InputError):
            refused += 1

    assert read + refused == MUTANTS
    assert refused > MUTANTS / 2
