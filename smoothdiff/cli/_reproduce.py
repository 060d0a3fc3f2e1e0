"""``smoothdiff reproduce``: the papers' claims, tried one by one."""

import sys

from .._files import check_target
from ._reports import SUFFIXES, write_report

__all__ = ["DESCRIPTION", "EXAMPLE", "HELP", "add_arguments", "run"]

HELP = "try the papers' claims and say which hold"
DESCRIPTION = (
    "Compute what the two papers claim (scores, flows, laws, losses, bounds, experiments), and set "
    "it beside their numbers: what was claimed, ours, the tolerance, and whether it holds. It "
    "takes about half a minute; networks, with --full, many more."
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
    add("--full", action="store_true", help="also train networks, which takes minutes")
    add("--only", action="append", metavar="CLAIM", help="try this one; may be given again")
    add("--json", action="store_true", help="JSON on stdout")
    add("-q", "--quiet", action="store_true", help="no progress")


def run(arguments):
    """Try the claims and write what came out; a claim that fails is no error."""
    if arguments.output is not None:
        check_target(arguments.output, SUFFIXES)

    from ..claims import reproduce

    def say(tried):
        holds = "holds" if tried.outcome.holds else "FAILS"
        print(f"smoothdiff: {holds} {tried.claim.name}, {tried.seconds:.1f} s", file=sys.stderr)

    found = reproduce(arguments.full, arguments.only, report=None if arguments.quiet else say)
    if arguments.output is None:
        print(found.to_json() if arguments.json else found)
        return
    write_report(found, arguments.output)
    print(f"smoothdiff: {arguments.output}: {found.summary}", file=sys.stderr)
