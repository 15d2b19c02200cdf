"""The site: `make site` builds it from the clone's own pages into build/site, without a network."""

from __future__ import annotations

import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CLONE))

import sepedu  # noqa: E402

project = "sepedu"
author = "The sepedu authors"
copyright = "The sepedu authors. Code: MIT. Texts: CC BY 4.0"
version = release = sepedu.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "myst_nb",
    "tools.site",
]
# The source folder is the clone, so that links between its pages hold on the site, too.
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/library/*.rst",
    "lessons/*.ipynb",
    "lessons/README.md",
    "slides/README.md",
    "deploy/README.md",
    "data/README.md",
    "data/build/README.md",
    "data/weights/README.md",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
]
exclude_patterns = [".*", "build", "**/.ipynb_checkpoints", "my-*"]

# Lessons are shown as they are committed.
nb_execution_mode = "off"
sepedu_runs = str(CLONE / "build" / "runs")
myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

# `binary_mask` in a docstring is code, as in Markdown; tools/site leads it to the function.
default_role = "literal"
autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "ignore-module-all": True}
autodoc_inherit_docstrings = False
napoleon_google_docstring = False
napoleon_use_param = False
napoleon_use_rtype = False
napoleon_preprocess_types = False
add_module_names = False
viewcode_follow_imported_members = False

mathjax_path = "tex-svg-full.js"

html_theme = "pydata_sphinx_theme"
html_title = "sepedu"
html_static_path = ["static", "../slides/vendor/mathjax/tex-svg-full.js"]
html_css_files = ["sepedu.css"]
html_js_files = ["sepedu.js", "sounds.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_favicon = "static/icon.svg"
html_context = {"default_mode": "auto"}
html_sidebars = {"docs/index": []}
html_theme_options = {
    "logo": {"text": "sepedu"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "show_version_warning_banner": False,
}
