from .api import PromptSession as PromptSession
from .api import download_model as download_model
from .api import evaluate as evaluate
from .api import import_model as import_model
from .api import predict as predict
from .api import predict_objects as predict_objects
from .api import run as run
from .api import show_model as show_model
from .api import train_unet as train_unet
from .data.classes import ClassInfo as ClassInfo
from .data.prompts.planes import InputMap as InputMap
from .data.prompts.record import PromptRecord as PromptRecord
from .data.refs import ArrayRef as ArrayRef
from .jobs.evaluation import Evaluate as Evaluate
from .jobs.prediction import Predict as Predict
from .jobs.prediction import PredictOptions as PredictOptions
from .jobs.prompting import FollowOptions as FollowOptions
from .jobs.training import TrainingOptions as TrainingOptions
from .jobs.training import TrainUNet as TrainUNet
from .plan.unet import PlanChoices as PlanChoices

__version__: str
__all__: list[str]
