from .api import PromptSession as PromptSession
from .api import detect as detect
from .api import download_model as download_model
from .api import evaluate as evaluate
from .api import import_model as import_model
from .api import predict as predict
from .api import predict_objects as predict_objects
from .api import predict_panoptic as predict_panoptic
from .api import run as run
from .api import show_model as show_model
from .api import train_maskrcnn as train_maskrcnn
from .api import train_unet as train_unet
from .data.classes import ClassInfo as ClassInfo
from .data.detections import PasteOptions as PasteOptions
from .data.linking import LinkOptions as LinkOptions
from .data.linking import link as link
from .data.panoptic import MergeOptions as MergeOptions
from .data.pasting import paste as paste
from .data.prompts.planes import InputMap as InputMap
from .data.prompts.record import PromptRecord as PromptRecord
from .data.refs import ArrayRef as ArrayRef
from .jobs.evaluation import Evaluate as Evaluate
from .jobs.instances import DetectInstances as DetectInstances
from .jobs.instances import DetectOptions as DetectOptions
from .jobs.instances import DetectorOptions as DetectorOptions
from .jobs.instances import TrainMaskRCNN as TrainMaskRCNN
from .jobs.panoptic import MergePanoptic as MergePanoptic
from .jobs.panoptic import PredictPanoptic as PredictPanoptic
from .jobs.prediction import Predict as Predict
from .jobs.prediction import PredictOptions as PredictOptions
from .jobs.prompting import FollowOptions as FollowOptions
from .jobs.training import TrainingOptions as TrainingOptions
from .jobs.training import TrainUNet as TrainUNet
from .plan.maskrcnn import MaskRCNNChoices as MaskRCNNChoices
from .plan.unet import PlanChoices as PlanChoices

__version__: str
__all__: list[str]
