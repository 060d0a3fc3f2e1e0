"""llms.txt (llmstxt.org): every page, its first sentence, and its source or itself as text."""

from pathlib import Path

from docutils import nodes

INTRODUCTION = (
    "# smoothdiff\n\n> Generative models for point clouds and small tables, in closed form: fit, "
    "sample, score, with scikit-learn's interface. The score of the noised training set is "
    "smoothed, so that its diffusion interpolates between training rows and does not copy them.\n"
)
PARTS = {"": "Start", "guide": "Guide", "gallery": "Examples", "api": "Reference"}


def lines(app):
    """Part, and line, of each page."""
    env = app.env
    for name in sorted(env.found_docs):
        if name in ("search", "genindex"):
            continue
        text = next(iter(env.get_doctree(name).findall(is_prose)), None)
        sentence = " ".join(text.astext().split()).split(". ")[0].rstrip(".") if text else ""
        title = env.titles[name].astext()
        suffix = Path(env.doc2path(name, base=False)).suffix
        # The source of a page of the reference is one directive: there the page has the text.
        made = name.startswith("api/generated/")
        target = f"{name}.html" if made else f"_sources/{name}{suffix}.txt"
        end = f": {sentence}" if sentence else ""
        yield (
            PARTS.get(name.split("/")[0], "Start") if "/" in name else "Start",
            (f"- [{title}]({target}){end}"),
        )


def is_prose(node):
    return isinstance(node, nodes.paragraph) and isinstance(
        node.parent, (nodes.section, nodes.document)
    )


def write(app, error):
    """Beside the first page."""
    if error is not None or app.builder.name != "html":
        return
    parts = {part: [] for part in PARTS.values()}
    for part, line in lines(app):
        parts[part].append(line)
    text = [f"\n## {part}\n\n" + "\n".join(found) for part, found in parts.items() if found]
    Path(app.outdir, "llms.txt").write_text(INTRODUCTION + "\n".join(text) + "\n", encoding="utf-8")


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
