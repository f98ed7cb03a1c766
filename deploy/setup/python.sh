#!/usr/bin/env bash
# Makes the virtual environment: the locked packages, each checked against its hash, and this checkout on top.
# Usage: python.sh PYTHON VENV
set -euo pipefail

python=$1
venv=$2

say() { printf '%s\n' "$*" >&2; }

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  say "Thacba needs Python 3.11 or newer; '$python' is not. Name another one: make PYTHON=python3.12 ..."
  exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then # Debian keeps them in a package of their own
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing python3-venv ..."
    apt-get -qq update </dev/null >&2
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv </dev/null >&2
  else
    say "Python cannot make virtual environments here. As root: apt-get install python3-venv"
    exit 1
  fi
fi

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input -q)
say "Installing the locked packages (a minute or two the first time) ..."
"${pip[@]}" install --require-hashes -r requirements.lock </dev/null
"${pip[@]}" install --no-deps --no-build-isolation -e . </dev/null
