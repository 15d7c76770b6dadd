from .api import evaluate as evaluate
from .api import predict as predict
from .api import run as run
from .api import show_model as show_model
from .api import train_unet as train_unet

__version__: str
__all__: list[str]
