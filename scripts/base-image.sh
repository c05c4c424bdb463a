#!/bin/sh
# Makes a base for the image from Debian's packages, where no registry can be reached; needs mmdebstrap.
#   scripts/base-image.sh [NAME [SUITE]]
#   make image IMAGE_BASE=NAME
set -eu
name=${1:-localhost/python-base:trixie}
suite=${2:-trixie}
tar=$(mktemp)
trap 'rm -f "$tar"' EXIT
mmdebstrap --variant=apt --include=python3,python3-venv,python-is-python3,ca-certificates \
  --aptopt='Apt::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --format=tar "$suite" "$tar"
"${ENGINE:-podman}" import --change 'CMD ["python3"]' "$tar" "$name"
