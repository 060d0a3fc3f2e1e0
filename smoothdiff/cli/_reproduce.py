"""``smoothdiff reproduce``: the papers' claims, tried one by one."""

import sys
from pathlib import Path

from .._files import check_target
from ._reports import SUFFIXES, write_report

__all__ = ["DESCRIPTION", "EXAMPLE", "HELP", "add_arguments", "run"]

HELP = "try the papers' claims and say which hold"
DESCRIPTION = (
    "Compute what the two papers claim (scores, flows, laws, losses, bounds, experiments), and set "
    "it beside their numbers: what was claimed, ours, the tolerance, and whether it holds. It "
    "takes about half a minute, figures one more; long-trained networks, with --full, many."
)
EXAMPLE = "example: smoothdiff reproduce -o claims.html"


def add_arguments(parser):
    """Declare what the verb takes."""
    add = parser.add_argument
    add(
        "-o",
        "--output",
        metavar="REPORT",
        help="where to write it: .html with the figures, .json or .txt (default: text on stdout)",
    )
    add(
        "--figures",
        metavar="FOLDER",
        help="also write each figure to a file in this folder, as vector graphics",
    )
    add("--format", choices=("pdf", "svg", "png"), default="pdf", help="of those (default: pdf)")
    add("--full", action="store_true", help="also train networks, which takes minutes")
    add("--only", action="append", metavar="CLAIM", help="try this one; may be given again")
    add("--json", action="store_true", help="JSON on stdout")
    add("-q", "--quiet", action="store_true", help="no progress")


def run(arguments):
    """Try the claims and write what came out; a claim that fails is no error."""
    if arguments.output is not None:
        check_target(arguments.output, SUFFIXES)
    if arguments.figures is not None:
        Path(arguments.figures).mkdir(exist_ok=True)

    from ..claims import reproduce

    def say(tried):
        holds = "holds" if tried.outcome.holds else "FAILS"
        print(f"smoothdiff: {holds} {tried.claim.name}, {tried.seconds:.1f} s", file=sys.stderr)

    found = reproduce(arguments.full, arguments.only, report=None if arguments.quiet else say)
    if arguments.figures is not None:
        written = found.save_figures(arguments.figures, arguments.format)
        print(f"smoothdiff: {arguments.figures}: {len(written)} figures.", file=sys.stderr)
    if arguments.output is None:
        print(found.to_json() if arguments.json else found)
        return
    write_report(found, arguments.output)
    print(f"smoothdiff: {arguments.output}: {found.summary}", file=sys.stderr)
