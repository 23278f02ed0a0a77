#!/usr/bin/env python3
"""Prints a page about the size of the C# tree at two or more revisions, oldest first.

    bench/tree_figures.py 35dd3c7 HEAD > docs/results/<date>-<host>/tree.md
"""
import re
import statistics
import subprocess
import sys

PAGE = """# The source tree, before and after

Size of the C# files at each revision, from `{command}`.

- **Code lines** are neither blank nor a comment.
- **Method** is the median length of method bodies in braces; expression-bodied members do not
  count.
- **Duplicated blocks** are runs of six code lines that occur more than once in the folder. Adjacent
  blocks overlap: a run of eight lines is three blocks.
"""

FOLDERS = ["src/Hawser", "src/Hawser.Services", "src/Hawser.App", "tests", "bench"]
METHOD = re.compile(r"^ {4,12}(?:public|private|internal|protected|static|async|override|sealed|virtual|unsafe| )+"
                    r"[\w<>\[\]?,.() ]+ \w+(?:<[\w, ]+>)?\(")


def git(*arguments):
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def sources(revision, folder):
    names = git("ls-tree", "-r", "--name-only", revision, "--", folder + "/").split("\n")
    for name in names:
        if name.endswith(".cs"):
            yield git("show", f"{revision}:{name}").split("\n")[:-1]


def method_lengths(lines):
    for start, line in enumerate(lines):
        if not METHOD.match(line) or line.rstrip().endswith(";"):
            continue
        indent = len(line) - len(line.lstrip())
        opening = next((i for i in range(start + 1, min(start + 8, len(lines))) if lines[i] == " " * indent + "{"), None)
        if opening is not None and not any("=>" in lines[i] for i in range(start, opening)):
            closing = (i for i in range(opening, len(lines)) if lines[i] in (" " * indent + "}", " " * indent + "};"))
            if (end := next(closing, None)) is not None:
                yield end - opening - 1


def repeated_blocks(files):
    seen, repeated = set(), set()
    for lines in files:
        code = [line.strip() for line in lines]
        code = [line for line in code if len(line) > 3 and not line.startswith(("//", "using ", "namespace "))]
        for start in range(len(code) - 5):
            block = "\n".join(code[start:start + 6])
            (repeated if block in seen else seen).add(block)
    return len(repeated)


def figures(revision, folder):
    files = list(sources(revision, folder))
    lengths = [length for file in files for length in method_lengths(file)]
    return [
        len(files),
        sum(len(file) for file in files),
        sum(1 for file in files for line in file if line.strip() and not line.strip().startswith("//")),
        statistics.median(lengths) if lengths else 0,
        repeated_blocks(files),
    ]


def main(revisions):
    print(PAGE.format(command=" ".join(["bench/tree_figures.py", *revisions])))
    print("| folder | revision | files | lines | code lines | method, median lines | duplicated blocks |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for folder in FOLDERS:
        for revision in revisions:
            name = git("rev-parse", "--short=7", revision).strip()
            cells = " | ".join(f"{figure:,g}" if figure < 1e6 else f"{figure:,}" for figure in figures(revision, folder))
            print(f"| `{folder}` | {name} | {cells} |")


if __name__ == "__main__":
    main(sys.argv[1:] or ["HEAD"])
