#!/usr/bin/env python3
"""Makes summary.md of what tools/measure_gpu.sh has left in a folder: the goals beside what was measured, then all cases.

  python tools/measure_gpu_summary.py DIR

What was not measured stands as "not measured"; nothing is guessed. Needs nothing beside Python.
"""
import json
import os
import re
import sys

GOALS = {  # name: (what, unit, at most)
    "step": ("one denoising step with guidance, everything resident", "s", 1.25),
    "video": ("a whole video, everything resident", "s", 72),
    "cached": ("a whole video with MagCache", "s", 40),
    "streamed": ("device memory with blocks streamed", "GB", 7),
    "slower": ("time with blocks streamed, against everything resident", "x", 1.1),
}


def read(folder, name):
    """The JSON file NAME of the folder, or nothing where that step did not run."""
    try:
        with open(os.path.join(folder, name + ".json")) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def case(folder, name, begins):
    """The first case of a file whose name begins so and that ran."""
    cases = read(folder, name).get("cases", [])
    return next((one for one in cases if one["case"].startswith(begins) and "median_s" in one), {})


def find(document, key):
    """The first value of KEY anywhere in a document."""
    if isinstance(document, dict):
        if key in document and isinstance(document[key], (int, float)):
            return document[key]
        document = list(document.values())
    if isinstance(document, list):
        for one in document:
            found = find(one, key)
            if found is not None:
                return found
    return None


def measured(folder):
    resident, streamed = case(folder, "generate-none", "generate"), case(folder, "generate-layer", "generate")
    values = {"video": resident.get("median_s"), "cached": find(read(folder, "cached"), "seconds")}
    step = re.search(r"\(([\d.]+) s a step\)", resident.get("note") or "")
    values["step"] = float(step.group(1)) if step else None
    if streamed:
        values["streamed"] = streamed["peak_device_bytes"] / 1e9
    if streamed and resident:
        values["slower"] = streamed["median_s"] / resident["median_s"]
    return values


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: measure_gpu_summary.py DIR, the folder of tools/measure_gpu.sh")
    folder = sys.argv[1]
    values = measured(folder)
    lines = ["# Measured on a GPU", "", "| goal | at most | measured | met |", "|---|---|---|---|"]
    for name, (what, unit, most) in GOALS.items():
        value = values.get(name)
        said = "not measured" if value is None else f"{value:.2f} {unit}"
        met = "-" if value is None else "yes" if value <= most else "**no**"
        lines.append(f"| {what} | {most} {unit} | {said} | {met} |")
    machine = next((read(folder, name).get("machine") for name in ("kernels", "step") if read(folder, name)), None)
    if machine:
        lines += ["", f"Machine: {machine}; the GPU stands in machine.log."]
    lines += ["", "| file | case | type | median | GFLOP/s | device memory | planned | note |", "|---|---|---|---|---|---|---|---|"]
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".json"):
            continue
        cases = read(folder, name[:-5])
        for one in cases.get("cases", []) if isinstance(cases, dict) else []:
            if "median_s" not in one:
                lines.append(f"| {name} | {one['case']} | {one['dtype']} | - | - | - | - | {one.get('note') or ''} |")
                continue
            planned = one.get("planned_bytes") or 0
            lines.append(
                f"| {name} | {one['case']} | {one['dtype']} | {one['median_s']:.4f} s | {one.get('gflops') or 0:.0f} | "
                f"{one.get('peak_device_bytes', 0) / 1e9:.2f} GB | "
                f"{f'{planned / 1e9:.2f} GB' if planned else '-'} | {one.get('note') or ''} |")
    rows = read(folder, "python").get("rows", [])
    if rows:
        lines += ["", "| beside Python | type | ours | Python | time | memory |", "|---|---|---|---|---|---|"]
        lines += [f"| {row['case']} | {row['dtype']} | {row['ours_s']:.4f} s | {row['python_s']:.4f} s | {row['ratio']:.2f} | "
                  f"{row['memory_ratio']:.2f} |" for row in rows]
    text = "\n".join(lines) + "\n"
    with open(os.path.join(folder, "summary.md"), "w") as file:
        file.write(text)
    print(text, end="")


if __name__ == "__main__":
    main()
