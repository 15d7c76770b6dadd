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

without_a_screen() { [ "$(uname)" = Linux ] && [ -z "${DISPLAY:-}" ]; }

# The number of the first screen that is tried.
screen=99

on_a_screen() {
  if without_a_screen; then
    xvfb-run --auto-servernum --server-num="$screen" \
      --server-args="-screen 0 1600x1000x24" "$@"
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
if [ "$#" -gt 0 ] || ! without_a_screen; then
  on_a_screen .venv/bin/python -m pytest "$@"
  exit
fi
# Tests of windows mostly wait; the others compute beside them, on a screen of their own.
report="$(mktemp)"
set -m # a group of its own, which ends as a whole
screen=199 on_a_screen .venv/bin/python -m pytest tests/widgets >"$report" 2>&1 &
windows=$!
set +m
trap 'kill -- "-$windows" 2>/dev/null || true; rm -f "$report"' EXIT
others=0 in_windows=0
on_a_screen .venv/bin/python -m pytest --ignore=tests/widgets || others=$?
step "tests of windows"
wait "$windows" || in_windows=$?
cat "$report"
exit $((others || in_windows))
