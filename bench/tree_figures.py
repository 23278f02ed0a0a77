#!/usr/bin/env python3
"""Prints the size of the C# tree at two or more revisions, as a table of Markdown.

    bench/tree_figures.py 35dd3c7 HEAD

code      lines that are neither blank nor a comment
method    median lines of a method body in braces; expression-bodied members do not count
repeated  blocks of six code lines that stand in more than one place
"""
import re
import statistics
import subprocess
import sys

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


def main(revisions):
    print("| folder | revision | files | lines | code | method | repeated |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for folder in FOLDERS:
        for revision in revisions:
            files = list(sources(revision, folder))
            lines = sum(len(file) for file in files)
            code = sum(1 for file in files for line in file if line.strip() and not line.strip().startswith("//"))
            lengths = [length for file in files for length in method_lengths(file)]
            median = statistics.median(lengths) if lengths else 0
            print(f"| `{folder}` | {revision} | {len(files)} | {lines:,} | {code:,} | {median:g} "
                  f"| {repeated_blocks(files)} |")


if __name__ == "__main__":
    main(sys.argv[1:] or ["HEAD"])
