#!/usr/bin/env bash
# Makes .venv with napari-segsuite, napari, Qt and the development tools.
#
#   bash scripts/setup.sh            what the command line needs
#   bash scripts/setup.sh window     besides, what a napari window needs on Debian
#
# A second run with nothing changed takes a second. uv installs; it heeds
# UV_TORCH_BACKEND, so that UV_TORCH_BACKEND=cpu leaves the CUDA libraries out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python_packages="python3 python3-venv"
# What PyQt6's xcb plugin and OpenGL load, and a virtual screen for tests.
window_packages="libegl1 libgl1 libgl1-mesa-dri libglib2.0-0 libdbus-1-3
  libfontconfig1 libx11-xcb1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4
  libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
  libxcb-xkb1 fonts-dejavu-core xvfb xauth"

say() { printf '%s\n' "$*" >&2; }

install_debian() {
  local missing="" package
  command -v dpkg-query >/dev/null || return 0
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null |
      grep -qx installed || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  local root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo --non-interactive true 2>/dev/null; then
      say "Some Debian packages are missing. Please run this line, then try again:"
      say "  sudo apt-get update && sudo apt-get install --yes$missing"
      exit 1
    fi
    root="sudo"
  fi
  say "Installing Debian packages:$missing"
  $root apt-get update --quiet=2
  # shellcheck disable=SC2086 # one word per package is meant
  $root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet=2 --no-install-recommends $missing >/dev/null
}

find_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3 python; do
    if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
      2>/dev/null; then
      printf '%s' "$name"
      return 0
    fi
  done
  return 1
}

if [ "${1:-}" = window ]; then
  # shellcheck disable=SC2086
  install_debian $window_packages
fi

stamp=".venv/setup-stamp"
wanted="$(cat pyproject.toml scripts/setup.sh | cksum)"
if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  if ! python="$(find_python)"; then
    # shellcheck disable=SC2086
    install_debian $python_packages
    if ! python="$(find_python)"; then
      say "Python 3.11 or newer with its venv module is needed and was not found."
      exit 1
    fi
  fi
  say "Making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
fi

say "Installing napari-segsuite and what it needs; the first time this brings"
say "PyTorch, several gigabytes on Linux, and takes some minutes."
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.7"
.venv/bin/uv pip install --quiet --python .venv/bin/python \
  --editable ".[all]" --group dev
printf '%s' "$wanted" >"$stamp"
