#!/usr/bin/env bash
# However a run ends, it ends in order: build/soak/exits.sh [RUNS [LAUNCHER]]
#
# RUNS (300) early failures, then RUNS generations that get SIGINT, SIGTERM or SIGHUP after a random time. Each must end
# with its exit code (2; 128 plus the signal, or 0 when it was done before), without a crash report, and leave nothing in
# the output folder and nothing in the temp folder. Prints every run that does not, and ends with 1 then.
set -uo pipefail
set -m # without job control, children of a script ignore SIGINT

runs=${1:-300}
launcher=${2:-${BASH_SOURCE[0]%/*}/../../ingredients}
launcher=$(realpath "$launcher")
root=${launcher%/*}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/out" "$work/tmp"
export TMPDIR=$work/tmp
cd "$work" || exit 1
bad=0

# complain MESSAGE: this run is not as it must be.
complain() {
  echo "$1; its last words: $(tail -n 2 err 2>/dev/null)"
  bad=$((bad + 1))
}

# nothing_left NAME: no crash report, no file in the output folder unless the run was done, none in the temp folder.
nothing_left() {
  local found
  found=$(ls -A . | grep -vxE 'out|tmp|err'; ls -A tmp)
  [[ -z $found ]] || complain "$1 left $(tr '\n' ' ' <<<"$found")"
  rm -rf ./*hs_err* ./*core* tmp/* tmp/.[!.]*
}

for ((i = 1; i <= runs; i++)); do
  "$launcher" generate --prompt x --output no/such/folder.mp4 >/dev/null 2>err
  code=$?
  ((code == 2)) || complain "early failure $i: exit code $code"
  nothing_left "early failure $i"
done
echo "$runs early failures: $bad not in order"

# How long a whole run takes here, in milliseconds: signals come within it.
generate=("$launcher" generate --model "$root/examples/tiny-random" --image "$root/examples/photos/ada.png"
  --landmarks "$root/examples/photos/landmarks.json" --frames 1 --height 32 --width 32 --steps 2 --prompt x
  --output out/video.mp4 --save-latents out/latents.safetensors --save-frames out/new/frames)
begin=${EPOCHREALTIME/./}
"${generate[@]}" >/dev/null 2>err || complain "the generation itself: exit code $?"
whole=$(((${EPOCHREALTIME/./} - begin) / 1000 + 1))
early=$bad done_before=0
for ((i = 1; i <= runs; i++)); do
  rm -rf out
  mkdir out
  case $((i % 3)) in 0) name=INT number=2 ;; 1) name=TERM number=15 ;; *) name=HUP number=1 ;; esac
  wait_ms=$(((RANDOM * 32768 + RANDOM) % whole))
  "${generate[@]}" >/dev/null 2>err &
  pid=$!
  sleep "$((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))"
  kill -s "$name" "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  code=$?
  if ((code == 0)); then
    done_before=$((done_before + 1))
    [[ $(ls -A out | tr '\n' ' ') == "latents.safetensors new video.json video.mp4 " ]] ||
      complain "SIG$name $i after $wait_ms ms: done, with $(ls -A out | tr '\n' ' ')"
  else
    ((code == 128 + number)) || complain "SIG$name $i after $wait_ms ms: exit code $code"
    # Together: the files of one output are all there or none is.
    [[ -z $(ls -A out) || -e out/video.mp4 && -e out/video.json && -e out/new/frames/frame_0000.png ]] ||
      complain "SIG$name $i after $wait_ms ms left $(find out -mindepth 1 | tr '\n' ' ')"
    [[ -z $(find out -name '*.part*' -o -name '*.lock') ]] || complain "SIG$name $i left $(find out -name '.*')"
  fi
  nothing_left "SIG$name $i after $wait_ms ms"
done
echo "$runs signals within $whole ms ($done_before came too late): $((bad - early)) not in order"
((bad == 0))
