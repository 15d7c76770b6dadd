#!/usr/bin/env bash
# Sets everything up, then opens napari with a sample image and the three docks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh window
exec .venv/bin/python scripts/open_sample.py "$@"
