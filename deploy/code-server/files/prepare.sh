#!/bin/sh
# Fills a workspace, HOME, from the image: workflows, bai.py, and the editor's settings and extensions. What is there
# already stays, except the workflows, which name the image of the tool: TOOL_IMAGE.
set -eu
here=$(dirname "$0")
share=${SHARE:-/opt/cloudless-mosaic/share}
: "${TOOL_IMAGE:?name the image of the tool}"

mkdir -p "$HOME/cwl-workflows"
for workflow in "$share"/cwl-workflows/*; do
  sed "s|dockerPull: cloudless-mosaic:latest|dockerPull: $TOOL_IMAGE|" "$workflow" \
    > "$HOME/cwl-workflows/${workflow##*/}"
done
test -e "$HOME/bai.py" || cp "$share/bai.py" "$HOME"

settings=$HOME/.local/share/code-server/User/settings.json
if ! test -e "$settings"; then
  mkdir -p "${settings%/*}"
  cp "$here/settings.json" "$settings"
fi

installed=$(code-server --list-extensions)
while read -r extension; do
  case "$installed" in
    *"$extension"*) ;;
    *) code-server --install-extension "$extension" ||
      echo "note: the editor starts without $extension; is open-vsx.org in reach?" >&2 ;;
  esac
done < "$here/extensions.txt"
