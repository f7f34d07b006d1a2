"""Run the benchmarks, each in a process of its own, print their lines and write them to results.md."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module, metadata
from pathlib import Path

import psutil

from benchmarks import BENCHMARKS
from benchmarks.lines import Line

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("results.md")
HEAD = "| name | ours | reference | ratio | goal | | note |"


def machine() -> str:
    """This machine and the versions that matter, in one line."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    packages = ("torch", "transformers", "captum", "streamlit", "plotly")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GB, Python {platform.python_version()}, {versions}"


def measure(name: str) -> list[Line]:
    """The lines of one benchmark, measured in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.run", "--inside", name]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{name} failed")
    return [Line(**fields) for fields in json.loads(done.stdout.splitlines()[-1])]


def main(names: list[str]) -> None:
    """Measure ``names`` (all if empty); a complete run replaces the written results, others update their rows."""
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"There is no benchmark {sorted(unknown)[0]}; known are {', '.join(BENCHMARKS)}.")
    rows = {} if not names else _written()
    print(f"# {machine()}")
    for name in names or BENCHMARKS:
        for line in measure(name):
            print(line.row(), flush=True)
            cells = line.row().split("\t")
            rows[line.name] = f"| {' | '.join(cells + [''] * (7 - len(cells)))} |"
        text = "\n".join((f"Measured by `make bench` on {machine()}.", "", HEAD, "|---" * 7 + "|", *rows.values(), ""))
        RESULTS.write_text(text)


def _written() -> dict[str, str]:
    if not RESULTS.exists():
        return {}
    rows = [line for line in RESULTS.read_text().splitlines() if line.startswith("| ")][1:]
    return {row.split("|")[1].strip(): row for row in rows}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        lines = import_module(BENCHMARKS[sys.argv[2]]).measure()
        print(json.dumps([asdict(line) for line in lines]))
    else:
        main(sys.argv[1:])
