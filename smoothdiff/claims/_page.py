"""The page of a reproduction: its table, and the papers' figures drawn by the library."""

from html import escape

from .._pyplot import embedded
from ._figures import FIGURES

__all__ = ["page"]

DPI = 120

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:66rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;font-size:.85rem}img{max-width:100%}
td,th{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
.holds{color:#0072b2;font-weight:600}.FAILS{color:#b34700;font-weight:600}.wide{overflow-x:auto}
"""


def page(found):
    """The whole page, as text: nothing is loaded from elsewhere."""
    from .. import __version__

    rows = "".join(
        f"<tr><td class='{holds}'>{holds}</td><td><b>{escape(name)}</b><br>{escape(source)}</td>"
        f"<td>{escape(says)}</td><td>{escape(papers)}</td><td>{escape(ours)}</td>"
        f"<td>{escape(note)}</td></tr>"
        for name, source, says, papers, ours, holds, note in found.rows()
    )
    figures = "".join(
        f"<h2>{escape(title)}</h2>{embedded(draw(found.full), title, DPI)}"
        for _, title, draw in FIGURES
    )
    left = f"<p>Not tried: {escape(', '.join(found.left_out))}.</p>" if found.left_out else ""
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        "content='width=device-width'><title>The claims, tried</title>"
        f"<style>{STYLE}</style></head><body><h1>The papers' claims, tried</h1>"
        f"<p>{escape(found.summary)}</p><div class='wide'><table><thead><tr><th></th><th>claim</th>"
        "<th>what the papers say</th><th>papers</th><th>here</th><th>what the numbers are</th></tr>"
        f"</thead>{rows}</table></div>{left}{figures}<p>smoothdiff {__version__}</p></body></html>"
    )
