#!/usr/bin/env bash
# Sets everything up, then checks everything: style, types, floors, manifest, the
# wheel in a clean environment, and the tests (under Xvfb where there is no screen).
# Arguments go to pytest, and then only pytest runs: bash scripts/test.sh tests/cli
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh window

# Two OpenMP programs on few cores slow each other many times over by spinning.
export OMP_WAIT_POLICY=PASSIVE

step() { printf '\n== %s\n' "$*"; }

on_a_screen() {
  if [ "$(uname)" = Linux ] && [ -z "${DISPLAY:-}" ]; then
    xvfb-run --auto-servernum --server-args="-screen 0 1600x1000x24" "$@"
  else
    "$@"
  fi
}

if [ "$#" -eq 0 ]; then
  step "style"
  .venv/bin/ruff check .
  .venv/bin/ruff format --check .
  step "types"
  .venv/bin/mypy
  step "floors"
  .venv/bin/lint-imports
  step "manifest"
  on_a_screen .venv/bin/npe2 validate --imports src/napari_segsuite/napari.yaml
  step "wheel in a clean environment"
  on_a_screen bash scripts/check_wheel.sh
fi

step "tests"
on_a_screen .venv/bin/python -m pytest "$@"
