#!/usr/bin/env bash
# Sets everything up, then runs the demo: paint (simulated), train, predict, score.
# Options go to `segsuite demo`, for example: bash scripts/demo.sh --out somewhere
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
exec .venv/bin/segsuite demo "$@"
