#!/usr/bin/env bash
# Measures everything that needs a GPU, in one go, on a machine that has one.
#
#   tools/measure_gpu.sh [--out DIR] [--device cuda:0] [--program CMD] [--python PYTHON] [--size published] [--steps 50]
#                        [--weights DIR] [--int8 "OPTIONS"] [--dry-run]
#
#   --out DIR        the folder of results (default: gpu-results in the current folder); it must not exist
#   --device NAME    cuda or cuda:i (default: cuda:0)
#   --program CMD    the program, such as bin/ingredients of an archive with CUDA's libraries (default: built here, -Pcuda)
#   --python PYTHON  a Python with torch for CUDA, diffusers and the official code on PYTHONPATH (default: python3); without
#                    torch for CUDA only our side is measured
#   --size SIZE      tiny, mid or published (default: published: 23 GB of disk for random weights)
#   --steps N        steps of a whole video (default: 50)
#   --weights DIR    random weights that are there already, of `bench make-weights`
#   --int8 OPTIONS   what `generate` is given for weights in int8 (default: --weights-dtype
#                    int8, where this version knows it)
#   --dry-run        prints the commands and runs none
#
# Takes about half an hour and 30 GB of disk at the published sizes. A step that fails is noted, and the next one runs.
# Results: one JSON a step, a log of each, and summary.md with the goals beside what was measured.
set -euo pipefail
unset CDPATH

fail() {
  printf 'measure_gpu: %s\n' "$@" >&2
  exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=gpu-results device=cuda:0 program='' python=python3 size=published steps=50 weights='' int8='' dry=''
while (($#)); do
  case $1 in
    --dry-run) dry=1 ;;
    -h | --help)
      sed -n '2,/^set -e/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit
      ;;
    --out | --device | --program | --python | --size | --steps | --weights | --int8)
      (($# > 1)) || fail "$1 needs a value"
      declare "${1#--}=$2"
      shift
      ;;
    *) fail "$1 is not known; see --help" ;;
  esac
  shift
done

case $device in cuda | cuda:[0-9]*) ;; *) fail "--device $device is no GPU; use cuda or cuda:i" ;; esac
case $size in
  tiny) video=(--frames 9 --height 64 --width 96) ;;
  mid) video=(--frames 9 --height 240 --width 400) ;;
  published) video=(--frames 49 --height 480 --width 720) ;;
  *) fail "--size $size is not known; use tiny, mid or published" ;;
esac
[[ $steps =~ ^[1-9][0-9]*$ ]] || fail "--steps $steps is no number of steps; use for instance 50"

if [[ -z $dry ]]; then
  [[ ! -e $out ]] || fail "$out is there already; give another folder with --out"
  command -v nvidia-smi >/dev/null || fail "no nvidia-smi: this machine has no NVIDIA driver, and there is nothing to measure" \
    "run it where a GPU is, or see what it would do with --dry-run"
  nvidia-smi -L | grep -q '^GPU' || fail "nvidia-smi finds no GPU; run it where one is, or see what it would do with --dry-run"
  mkdir -p "$out"
  out=$(cd "$out" && pwd)
fi

run=("$root/ingredients")
[[ -z $program ]] || read -ra run <<<"$program"
[[ -n $weights ]] || weights=$out/weights
model=$weights
failed=()

# measure NAME COMMAND…: runs it with its output in NAME.log; in a dry run prints it.
measure() {
  local name=$1
  shift
  if [[ -n $dry ]]; then
    printf '%-16s' "$name"
    printf ' %q' "$@"
    printf '\n'
    return
  fi
  printf '%s %s\n' "$(date +%T)" "$name" >&2
  if ! "$@" >"$out/$name.log" 2>&1; then
    failed+=("$name")
    printf '  failed: %s\n' "$(tail -n 1 "$out/$name.log")" >&2
  fi
}

bench=("${run[@]}" bench --device "$device" --dtype bf16 --size "$size")
once=(--warm-up 0 --repeat 1)

# --- the machine and the program ----------------------------------------------------------------------------------------

measure machine nvidia-smi
[[ -n $program ]] || measure build "$root/ingredients" --rebuild -Pcuda doctor
measure doctor "${run[@]}" doctor
[[ -d $weights && -z $dry ]] || measure make-weights "${run[@]}" bench make-weights "$weights" --size "$size" --dtype bf16

# --- ours ---------------------------------------------------------------------------------------------------------------

measure kernels "${bench[@]}" --cases kernels --json "$out/kernels.json"
measure step "${bench[@]}" --weights "$weights" --cases load,step "${video[@]}" --json "$out/step.json"
for attention in cudnn flash efficient; do
  measure "step-$attention" "${bench[@]}" --weights "$weights" --cases step "${video[@]}" --attention "$attention" \
    --json "$out/step-$attention.json"
done
measure decode "${bench[@]}" --weights "$weights" --cases decode,encode "${video[@]}" --warm-up 1 --repeat 3 \
  --json "$out/decode.json"
for level in none model layer; do
  measure "generate-$level" "${bench[@]}" --weights "$weights" --cases generate "${video[@]}" --steps "$steps" \
    --memory "$level" "${once[@]}" --json "$out/generate-$level.json"
done

# Cached, in int8: the program as a user runs it, without people (there are no face models among random weights).
generate=("${run[@]}" generate --model "$model" --device "$device" --dtype bf16 --memory none --steps "$steps" "${video[@]}"
  --seed 1 --prompt "Two people talk in a park.")
measure plain "${generate[@]}" --magcache-calibrate "$out/ratios.json" --output "$out/plain.mp4"
measure cached "${generate[@]}" --magcache --magcache-ratios "$out/ratios.json" --output "$out/cached.mp4"
if [[ -z $int8 && -z $dry ]] && "${run[@]}" generate --help 2>/dev/null | grep -q -- '--weights-dtype'; then
  int8='--weights-dtype int8'
fi
if [[ -n $int8 ]]; then
  read -ra options <<<"$int8"
  measure int8 "${generate[@]}" "${options[@]}" --output "$out/int8.mp4"
fi

# --- beside Python ------------------------------------------------------------------------------------------------------

if [[ -n $dry ]] || "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
  measure python "$python" "$root/tools/bench_python.py" --weights "$weights" --size "$size" --dtype bf16 \
    --device "$device" --cases kernels,load,step,decode,encode "${video[@]}" --warm-up 1 --repeat 3 --rounds 2 \
    --beside "${run[*]} bench" --json "$out/python.json"
else
  printf '%s has no torch for CUDA: only our side was measured\n' "$python" >&2
fi

# --- the summary --------------------------------------------------------------------------------------------------------

measure summary "$python" "$root/tools/measure_gpu_summary.py" "$out"
[[ -z $dry ]] || exit 0
if ((${#failed[@]})); then
  printf 'measure_gpu: these failed, see their logs in %s: %s\n' "$out" "${failed[*]}" >&2
  exit 1
fi
printf 'Wrote %s\n' "$out/summary.md"
