#!/usr/bin/env bash
# A run as in a bare container makes a video: build/soak/container.sh [LAUNCHER], as root, after a first start.
#
# Another user without a home or a name, no locale, a checkout that this user cannot write into, and a temp folder of one
# megabyte from which nothing can be run. The video must be there, with the prompt as it was typed, and the temp folder
# empty.
set -euo pipefail

launcher=$(realpath "${1:-${BASH_SOURCE[0]%/*}/../../ingredients}")
root=${launcher%/*}
work=$(mktemp -d)
trap 'umount "$work/tmp" 2>/dev/null; rm -rf "$work"' EXIT
chmod 777 "$work"
mkdir "$work/tmp"
mount -t tmpfs -o size=1m,noexec,mode=1777 tmpfs "$work/tmp"
prompt="Zwei Mädchen 🎉 tanzen"
cd /
setpriv --reuid=64999 --regid=64999 --clear-groups env -i PATH="$PATH" JAVA_HOME="${JAVA_HOME:-}" TMPDIR="$work/tmp" \
  "$launcher" generate --model "$root/examples/tiny-random" --image "$root/examples/photos/ada.png" \
  --landmarks "$root/examples/photos/landmarks.json" --frames 1 --height 32 --width 32 --steps 1 \
  --prompt "$prompt" --output "$work/video.mp4"
[[ -s $work/video.mp4 ]] || { echo "there is no video"; exit 1; }
grep -qF "\"$prompt\"" "$work/video.json" || { echo "the prompt has changed"; exit 1; }
left=$(ls -A "$work/tmp")
[[ -z $left ]] || { echo "left in the temp folder: $left"; exit 1; }
echo "A video, and nothing else."
