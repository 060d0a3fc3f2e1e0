"""The page to play with, docs/explorer/explorer.html, as a frame where the source says so."""

from pathlib import Path
from shutil import copyfile

from docutils import nodes
from docutils.parsers.rst import Directive


def page(app):
    """The page's file, None before it exists."""
    path = Path(app.srcdir, "explorer", "explorer.html")
    return path if path.exists() else None


class Explorer(Directive):
    """A frame with the page, or nothing."""

    def run(self):
        env = self.state.document.settings.env
        env.note_reread()  # the page may come and go
        app = env.app
        found = page(app)
        if found is None:
            return []
        title = nodes.rubric("", "Drag the points", **{"heading-level": 2})
        frame = (
            f'<iframe class="explorer" src="explorer/{found.name}?embed" loading="lazy" '
            'title="Explorer: drag points, move kappa, t0 and t"></iframe>\n'
            f'<p><a href="explorer/{found.name}">The explorer on a page of its own</a></p>'
        )
        return [title, nodes.raw("", frame, format="html")]


def copy(app, error):
    """Beside the built pages."""
    found = page(app)
    if error is None and found is not None:
        target = Path(app.outdir, "explorer", found.name)
        target.parent.mkdir(exist_ok=True)
        copyfile(found, target)


def setup(app):
    app.add_directive("explorer", Explorer)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True}
