"""The verbs of napari-segsuite for scripts and notebooks.

>>> import napari_segsuite as segsuite
>>> segsuite.train_unet("cells.tif", "painted.tif", "my-model")  # doctest: +SKIP
>>> labels = segsuite.predict("my-model", "more_cells.tif")      # doctest: +SKIP

Images and labels are files, arrays, or `ArrayRef`. Arrays get their axes from `axes`,
or by a guess from their shape.
"""

from napari_segsuite.api.detecting import DetectedObjects as DetectedObjects
from napari_segsuite.api.detecting import detect as detect
from napari_segsuite.api.importing import download_model as download_model
from napari_segsuite.api.importing import import_model as import_model
from napari_segsuite.api.models import find_model as find_model
from napari_segsuite.api.models import library as library
from napari_segsuite.api.models import show_model as show_model
from napari_segsuite.api.objects import ObjectLabels as ObjectLabels
from napari_segsuite.api.objects import predict_objects as predict_objects
from napari_segsuite.api.panoptic import PanopticLabels as PanopticLabels
from napari_segsuite.api.panoptic import predict_panoptic as predict_panoptic
from napari_segsuite.api.prompting import PromptSession as PromptSession
from napari_segsuite.api.running import run as run
from napari_segsuite.api.sources import Source as Source
from napari_segsuite.api.training_maskrcnn import train_maskrcnn as train_maskrcnn
from napari_segsuite.api.verbs import evaluate as evaluate
from napari_segsuite.api.verbs import predict as predict
from napari_segsuite.api.verbs import train_unet as train_unet
