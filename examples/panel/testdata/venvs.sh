#!/bin/sh
# venvs.sh FOLDER
#
# Makes two Python environments: FOLDER/panel for the app of this example and
# FOLDER/loadwright for Python Loadwright. One whose requirements have not
# changed since is left as it is, without asking anybody.
set -eu

[ $# -eq 1 ] || { echo "usage: venvs.sh FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)

# find_python prints a Python that both sets of requirements have wheels for.
find_python() {
	for python in python3.12 python3.11 python3 python; do
		if "$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null; then
			echo "$python"
			return
		fi
	done
	echo "no Python from 3.10 to 3.12 with its venv module was found" >&2
	echo "install one (on Debian: apt install python3 python3-venv) or uv" >&2
	exit 1
}

# environment NAME REQUIREMENTS
environment() {
	venv=$folder/$1
	if cmp -s "$2" "$venv/requirements.txt" && "$venv/bin/python" -c '' 2>/dev/null; then
		return
	fi
	echo "making the Python environment $1" >&2
	rm -rf "$venv"
	if command -v uv >/dev/null; then
		uv venv --quiet --python '>=3.10,<3.13' "$venv"
		uv pip install --quiet --python "$venv/bin/python" -r "$2"
	else
		python=$(find_python)
		"$python" -m venv "$venv"
		"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: -r "$2"
	fi
	cp "$2" "$venv/requirements.txt" # last: an environment without it is made anew
}

environment panel "$here/../requirements.txt"
environment loadwright "$here/loadwright.requirements.txt"
