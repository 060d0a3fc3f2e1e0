"""The page to play with, docs/explorer/explorer.html, as a frame where the source says so."""

from pathlib import Path
from shutil import copyfile

from docutils import nodes
from docutils.parsers.rst import Directive

NAME = "explorer/explorer.html"


class Explorer(Directive):
    """A frame with the page."""

    def run(self):
        title = nodes.rubric("", "Drag the points", **{"heading-level": 2})
        frame = (
            f'<iframe class="explorer" src="{NAME}?embed" loading="lazy" '
            'title="Explorer: drag points, move kappa, t0 and t"></iframe>\n'
            f'<p><a href="{NAME}">The explorer on a page of its own</a></p>'
        )
        return [title, nodes.raw("", frame, format="html")]


def copy(app, error):
    """Beside the built pages."""
    if error is None:
        target = Path(app.outdir, NAME)
        target.parent.mkdir(exist_ok=True)
        copyfile(Path(app.srcdir, NAME), target)


def setup(app):
    app.add_directive("explorer", Explorer)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True}
