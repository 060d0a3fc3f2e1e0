"""Formulas without a request: one file of MathJax, from an installed package, in the built site."""

from importlib.metadata import files
from pathlib import Path
from shutil import copyfile

NAME = "tex-svg.js"  # its glyphs are paths, so that there are no fonts to load either


def place(app):
    """Point Sphinx's extension to the file, which is copied with the other static files."""
    source = next(file for file in files("sphinx-mathjax-offline") if file.name == NAME)
    target = Path(app.outdir, "_static", NAME)
    target.parent.mkdir(parents=True, exist_ok=True)
    copyfile(source.locate(), target)


def setup(app):
    app.config.mathjax_path = NAME
    # The menu and the voices of MathJax would load further files.
    app.config.mathjax3_config = {"options": {"enableMenu": False, "enableAssistiveMml": True}}
    app.connect("builder-inited", place)
    return {"parallel_read_safe": True}
