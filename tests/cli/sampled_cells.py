"""What ``smoothdiff sample`` makes of a file in the working directory."""

import csv

from smoothdiff.cli import main


def sample(*arguments, delimiter=","):
    """Cells of the new rows, and of the header if there is one."""
    assert main(["sample", *arguments, "-o", "new.csv", "--seed", "0", "-q"]) == 0
    with open("new.csv", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))
