from .api import (
    evaluate,
    predict,
    run,
    show_model,
    train_unet,
)

__version__: str
__all__: list[str]
