"""A report as a page that needs nothing beside it: numbers, words and pictures in one file."""

from html import escape

from .._pyplot import embedded, pyplot
from . import _pictures as pictures

__all__ = ["page", "summary"]

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#222;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin:2.2rem 0 .4rem}
table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.grade{display:inline-block;min-width:5.5rem;text-align:center;border-radius:.3rem;padding:0 .4rem;
border:1px solid #888;font-weight:600}
.excellent{background:#0072b2;color:#fff}.good{background:#a9d3ee}.fair{background:#fbe3ae}
.poor{background:#e69f00}.note{color:#555}.box{border-left:4px solid #e69f00;padding:.3rem 1rem}
.wide{overflow-x:auto}img{max-width:100%}b.new{color:#0072b2}
"""
MOST_HISTOGRAMS, ACROSS = 24, 4


def summary(report):
    """Verdicts and numbers as HTML, without pictures."""
    verdicts = "".join(
        f"<tr><td><b>{aspect}</b></td><td><span class='grade {v.grade}'>{v.grade}</span></td>"
        f"<td>{escape(v.sentence)}</td></tr>"
        for aspect, v in report.verdicts.items()
    )
    rows, aspect = "", None
    for m in report.measures:
        if m.aspect != aspect:
            aspect = m.aspect
            rows += f"<tr><th colspan='5'>{aspect}</th></tr>"
        base = "" if m.value.baseline is None else f"{m.value.baseline:.3f}"
        rows += (
            f"<tr><td>{m.name}</td><td class='n'>{m.value:.3f}</td><td class='n'>{base}</td>"
            f"<td>{m.best}</td><td>{escape(m.meaning)}</td></tr>"
        )
    notes = "".join(f"<p class='note'>{escape(note)}</p>" for note in report.notes)
    return (
        f"<style>{STYLE}</style><p>{escape(report.title)}</p><table>{verdicts}</table>"
        f"<p class='box'>{escape(report.privacy)}</p>{notes}<h2>Numbers</h2><div class='wide'>"
        "<table><thead><tr><th></th><th>generated</th><th>real rows</th><th>best</th>"
        f"<th>what it is</th></tr></thead>{rows}</table></div>"
    )


def page(report):
    """The whole page, as text."""
    from .. import __version__

    plt = pyplot()
    parts = [
        ("What tells generated rows from real ones", _apart(plt, report)),
        ("Rows in the plane of the training rows' first components", _plane(plt, report)),
        ("Columns: held-out rows gray, generated ones blue", _columns(plt, report)),
        ("Association of pairs of columns", _associations(plt, report)),
    ]
    body = "".join(f"<h2>{escape(title)}</h2>{embedded(*drawn)}" for title, drawn in parts)
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        "content='width=device-width'><title>Generated rows: report</title></head><body>"
        f"<h1>Generated rows: report</h1>{summary(report)}{body}"
        f"<h2>The generated rows closest to a training row</h2>{_pairs(report)}"
        f"<p class='note'>smoothdiff {__version__}</p></body></html>"
    )


def _apart(plt, report):
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.6), layout="constrained")
    pictures.receiver_curve(axes[0], report)
    pictures.giveaway_bars(axes[1], report)
    pictures.column_bars(axes[2], report)
    return figure, "Receiver curve, columns that give rows away, least similar columns"


def _plane(plt, report):
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained")
    pictures.projection(axes[0], report)
    pictures.distance_curves(axes[1], report)
    return figure, "Projection of both tables; distances to the closest training row"


def _columns(plt, report):
    """Histograms, of many columns those that are least alike."""
    parts = report["column_similarity"].parts
    likeness = {name: value if value == value else 2.0 for name, value in parts.items()}
    worst = sorted(likeness, key=likeness.__getitem__)[:MOST_HISTOGRAMS]
    pairs = [
        (made, real)
        for made, real in zip(report.generated.columns, report.test.columns, strict=True)
        if made.name in worst
    ]
    down = -(-len(pairs) // ACROSS)
    figure, axes = plt.subplots(
        down, ACROSS, figsize=(10.5, 1.9 * down + 0.3), layout="constrained", squeeze=False
    )
    for ax, pair in zip(axes.flat, pairs, strict=False):
        pictures.histogram(ax, *pair)
    for ax in axes.flat[len(pairs) :]:
        ax.axis("off")
    return figure, "Histograms of the columns"


def _associations(plt, report):
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.9), layout="constrained")
    pictures.association_maps(axes, report)
    return figure, "Association of held-out rows, of generated ones, and the difference"


def _pairs(report):
    """For each pair a table: the generated row, its closest record, its parents."""
    tables = []
    names = [column.name for column in report.train.columns]
    for pair in report.pairs:
        rows = [("generated", pair["generated"]), ("closest training row", pair["closest"])]
        for parent in pair.get("parents", [])[:5]:
            rows.append((f"parent, weight {parent['weight']:.2f}", parent["values"]))
        head = "".join(f"<th>{escape(str(name))}</th>" for name in names)
        body = ""
        for label, values in rows:
            cells = ""
            for name in names:
                text = escape(_cell(values[name]))
                new = label == "generated" and values[name] != pair["closest"][name]
                cells += f"<td>{f'<b class=new>{text}</b>' if new else text}</td>"
            body += f"<tr><th>{label}</th>{cells}</tr>"
        tables.append(
            f"<p>Row {pair['generated_row']}, at distance {pair['distance']:.3g} from training row "
            f"{pair['training_row']}</p><div class='wide'><table><tr><th></th>{head}</tr>{body}"
            "</table></div>"
        )
    return "".join(tables)


def _cell(value):
    if value is None:
        return "\u2013"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
