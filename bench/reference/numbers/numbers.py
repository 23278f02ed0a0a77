"""Downloads lists of numbers and sorts them: threads to download, a process pool to sort.

The straightforward parallel program of the exercise, as a mark to compare with. Takes any server of the exercise: it
connects, sends nothing and reads numbers joined by commas until the server closes. Standard library only.
"""

import sys

# The library has a module of this file's name, and some of its other modules need that one.
sys.path = [folder for folder in sys.path if folder != __file__.rpartition("/")[0]]

import argparse
import os
import pathlib
import socket
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def download(host, port, file):
    with socket.create_connection((host, port)) as connection, open(file, "wb") as output:
        while piece := connection.recv(65536):
            output.write(piece)


def sort(unsorted_file, sorted_file):
    with open(unsorted_file) as source:
        numbers = [int(number) for number in source.read().split(",")]
    numbers.sort()
    with open(sorted_file, "w") as target:
        target.write(",".join(map(str, numbers)))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=12345)
    arguments.add_argument("--lists", type=int, default=100)
    arguments.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."))
    arguments.add_argument("--threads", type=int, default=8, help="downloads at once")
    arguments.add_argument("--processes", type=int, default=os.cpu_count(), help="sorts at once")
    options = arguments.parse_args()

    unsorted_files = [options.out / "unsorted_files" / f"{i}.txt" for i in range(options.lists)]
    sorted_files = [options.out / "sorted_files" / f"{i}.txt" for i in range(options.lists)]
    for folder in ("unsorted_files", "sorted_files"):
        (options.out / folder).mkdir(parents=True, exist_ok=True)

    start = time.monotonic()
    with ThreadPoolExecutor(options.threads) as pool:
        list(pool.map(lambda file: download(options.host, options.port, file), unsorted_files))
    print(f"Files download time: {time.monotonic() - start}")

    start = time.monotonic()
    with ProcessPoolExecutor(options.processes) as pool:
        list(pool.map(sort, unsorted_files, sorted_files))
    print(f"Sorting time: {time.monotonic() - start}")


if __name__ == "__main__":
    main()
