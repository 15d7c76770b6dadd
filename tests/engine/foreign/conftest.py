"""The hostile files are a module of their own, which other programs use too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "models" / "foreign"))
