"""Point prompts for scripts and notebooks: click, look, commit, refine, follow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_segsuite.api.following import follow_job, told_masks
from napari_segsuite.api.models import library
from napari_segsuite.api.prompt_image import Index, PromptImage
from napari_segsuite.api.running import run
from napari_segsuite.api.sources import Source
from napari_segsuite.data.atomic import refuse_existing
from napari_segsuite.data.axes import Spacing
from napari_segsuite.data.formats import write_labels
from napari_segsuite.data.prompts.bounds import within
from napari_segsuite.data.prompts.history import History
from napari_segsuite.data.prompts.objects import (
    PromptedObject,
    free_id,
    paint,
    with_object,
)
from napari_segsuite.data.prompts.placing import Rule, place
from napari_segsuite.data.prompts.planes import InputMap
from napari_segsuite.data.prompts.prompt import Box, Click, PlanePrompt
from napari_segsuite.data.prompts.record import (
    PromptRecord,
    record_path,
    write_record,
)
from napari_segsuite.data.prompts.runs import MaskRuns
from napari_segsuite.data.scratch import Scratch
from napari_segsuite.errors import InputError
from napari_segsuite.jobs.events import Event
from napari_segsuite.jobs.prompting import FollowOptions, MaskOffer, SegmentPrompt
from napari_segsuite.jobs.training import Device
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.library import find_promptable
from napari_segsuite.runners.base import Runner
from napari_segsuite.runners.inline import InlineRunner

DEFAULT_MODEL = "click-2d"
"""The promptable model that ships inside."""

_KEPT_ANSWERS = 256
_NOTHING = MaskRuns(offset=(0, 0), shape=(0, 0))
