"""Docstrings are written for a terminal: short names lead to pages, formulas stay as they are.

Both are for docstrings that say `SmoothedPLDiffusion`, t0_ and E |f - g|^2 with no markup.
"""

import re

import sphinx.util.nodes

CODE = re.compile(r"(``.+?``|`[^`]+`_?)")
MARKUP = re.compile(r"(?<=\w)_(?!\w)|\|")


def short(app, env, node, contnode):
    """A link to the one object of this name; code where it is none of ours.

    `SmoothedPLDiffusion` and `report` are looked for at the end of documented names; a name that is
    written in full, smoothdiff.x.y, must exist.
    """
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].removesuffix("()").lstrip("~.")
    if name.startswith("smoothdiff.") and "._" not in name:
        return None  # Sphinx warns
    objects = env.get_domain("py").objects
    found = sorted(full for full in objects if full.endswith(f".{name}"))
    own = [full for full in found if full.startswith(f"{node.get('py:class')}.")]
    top = [full for full in found if full.count(".") == min(f.count(".") for f in found)]
    for candidates in (own, top):
        if len({objects[full].docname for full in candidates}) == 1:
            entry = objects[candidates[0]]
            link = sphinx.util.nodes.make_refnode(
                app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, candidates[0]
            )
            return link
    return contnode


def plain(app, what, name, obj, options, lines):
    """Escape what reStructuredText would take for a link or a substitution."""
    in_example = False
    for i, line in enumerate(lines):
        in_example = bool(line.strip()) and (in_example or line.lstrip().startswith(">>>"))
        if not in_example and not line.lstrip().startswith(".. "):
            parts = CODE.split(line)
            parts[::2] = [MARKUP.sub(r"\\\g<0>", part) for part in parts[::2]]
            lines[i] = "".join(parts)


def skip_foreign(app, what, name, member, skip, options):
    """Methods that classes have from scikit-learn or NumPy are not documented again."""
    module = getattr(getattr(member, "fget", member), "__module__", None) or ""
    return True if module.startswith(("sklearn", "imblearn")) else None


def setup(app):
    app.connect("missing-reference", short)
    app.connect("autodoc-process-docstring", plain, priority=900)  # after numpydoc's
    app.connect("autodoc-skip-member", skip_foreign)
    return {"parallel_read_safe": True}
