"""Runs the stages of the C++ reference and of Hawser in turns, and prints the medians of the runs and their ratio.

Build both first: `make -C bench/reference/numbers` and `dotnet build -c Release`.
"""

import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CPP = [str(HERE / "reference/numbers/stages"), "250000", "40"]
OURS = ["dotnet", str(HERE / "Hawser.Benchmarks/bin/Release/net10.0/Hawser.Benchmarks.dll"), "stages", "40"]


STAGES = ["format", "parse", "sort", "format sorted"]


def medians(command):
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    times = {line[:14].strip(): float(line.split("median")[1].split()[0]) for line in output.splitlines()}
    # The median of the sums would count every stage that a neighbour on the machine held up.
    return times | {"all four": sum(times[stage] for stage in STAGES)}


def main():
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    pairs = [(medians(CPP), medians(OURS)) for _ in range(turns)]
    print(f"{'stage':14}  {'C++ ms':>7}  {'ours ms':>7}  {'ours / C++':>10}  spread of the ratio")
    for stage in STAGES + ["all four"]:
        cpp = [pair[0][stage] for pair in pairs]
        ours = [pair[1][stage] for pair in pairs]
        ratios = sorted(mine / theirs for mine, theirs in zip(ours, cpp))
        print(f"{stage:14}  {statistics.median(cpp):7.3f}  {statistics.median(ours):7.3f}"
              f"  {statistics.median(ratios):10.3f}  {ratios[0]:.3f} to {ratios[-1]:.3f}")


if __name__ == "__main__":
    main()
