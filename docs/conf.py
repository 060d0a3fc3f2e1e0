"""How Sphinx builds the site. ``SMOOTHDIFF_DOCS=quick`` runs two scripts only, whose
pictures are on other pages."""

import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

from sphinx_gallery.scrapers import figure_rst

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]
os.environ.setdefault("MPLBACKEND", "Agg")

import smoothdiff

quick = os.environ.get("SMOOTHDIFF_DOCS") == "quick"

project = "smoothdiff"
author = "The smoothdiff developers"
copyright = author
version = release = smoothdiff.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "explorer",
    "llms",
    "offline_mathjax",
    "references",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = [
    "_build",
    "pages",
    "templates",
    "explorer",
    "**/GALLERY_HEADER.rst",
    "sg_execution_times.rst",
]
templates_path = ["_templates"]
nitpicky = True
suppress_warnings = ["config.cache"]  # the gallery's settings hold functions

# ------------------------------------------------------------------ text

myst_enable_extensions = ["dollarmath", "amsmath", "attrs_inline", "colon_fence"]
myst_heading_anchors = 3
default_role = "py:obj"
toc_object_entries_show_parents = "hide"
autosummary_generate = True
autosummary_imported_members = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# ------------------------------------------------------------------ scripts that become pages


def as_run_by_hand(config, script):
    """Arguments of an example: where its picture goes, away from the sources."""
    folder = Path(tempfile.gettempdir(), "smoothdiff-gallery")
    folder.mkdir(exist_ok=True)
    return [str(folder / Path(script["src_file"]).with_suffix(".png").name)]


def fresh(config, script):
    """Undo what scripts change for themselves: filters of warnings. Some there must be."""
    warnings.resetwarnings()
    warnings.simplefilter("default")


def animation(block, script, config):
    """What shows the GIF that a script has just written, if it has."""
    written = Path(*as_run_by_hand(config, script)).with_suffix(".gif")
    if not written.exists():
        return ""
    title = Path(script["src_file"]).read_text(encoding="utf-8").splitlines()[1]
    shown = Path(next(script["image_path_iterator"])).with_suffix(".gif")
    shutil.move(written, shown)
    return figure_rst([str(shown)], config["src_dir"], f"Animation: {title}")


sphinx_gallery_conf = {
    "examples_dirs": ["pages", "../examples"],
    "gallery_dirs": ["guide", "gallery"],
    "filename_pattern": r"three_pictures|plot_dials" if quick else r"\.py$",
    "copyfile_regex": r"index\.rst",
    "within_subsection_order": "FileNameSortKey",
    "parallel": min(os.cpu_count() or 1, 4),
    "reset_argv": as_run_by_hand,
    "image_scrapers": (animation, "matplotlib"),
    "reset_modules": ("matplotlib", fresh),
    "abort_on_example_error": True,
    "show_memory": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "image_srcset": ["2x"],
    "backreferences_dir": None,
    "ignore_repr_types": r"smoothdiff\.|sklearn\.|matplotlib|list|tuple",
}

# ------------------------------------------------------------------ pages

html_theme = "pydata_sphinx_theme"
html_title = f"smoothdiff {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["explorer.js"]
html_show_sourcelink = False  # they are there, for llms.txt
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # a browser does not read other files from a folder
html_sidebars = {"index": [], "search": []}
html_theme_options = {
    "logo": {"text": "smoothdiff"},
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "show_toc_level": 2,
    "navigation_with_keys": True,
    "footer_start": ["footer"],
    "footer_end": [],
    "back_to_top_button": True,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
