#!/usr/bin/env bash
# Builds the wheel, installs it with what it declares into a clean environment, and
# starts it there: the command, and a napari window with a sample. Needs a display.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv="$PWD/.venv"

place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT

"$venv/bin/python" -m build --wheel --no-isolation --outdir "$place" . >"$place/build.log" ||
  { cat "$place/build.log"; exit 1; }
wheel="$(ls "$place"/*.whl)"

# uv links files from its cache, so that this neither downloads nor copies PyTorch.
"$venv/bin/uv" venv --quiet --python "$venv/bin/python" "$place/clean"
"$venv/bin/uv" pip install --quiet --python "$place/clean/bin/python" "${wheel}[all]"

# Away from the sources, so that nothing but the wheel can be imported.
cd "$place"
clean/bin/segsuite --help >/dev/null
clean/bin/segsuite models list
clean/bin/python "$venv/../scripts/open_sample.py" --check
