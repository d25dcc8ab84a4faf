"""The documentation site: ``make docs``."""

import importlib.metadata
import os

project, author = "fbbench", "The fbbench developers"
project_copyright = "The fbbench developers, BSD-3-Clause"
release = importlib.metadata.version("fbbench")
repository = os.environ.get("FBBENCH_REPOSITORY", "").rstrip("/")

extensions = [
    "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.intersphinx", "numpydoc", "sphinx_click",
    "sphinx_gallery.gen_gallery",
]  # fmt: skip
exclude_patterns = ["_build", "examples", "gallery/*.ipynb", "gallery/*.py", "gallery/*.md5"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

html_theme = "furo"
html_title = "fbbench"
html_static_path = ["_static"]
html_css_files, html_js_files = ["site.css"], ["site.js"]
html_show_sourcelink = html_copy_source = False
if repository:
    html_theme_options = {"source_repository": repository, "source_branch": "main", "source_directory": "docs/"}
templates_path = ["_templates"]

myst_enable_extensions = ["colon_fence", "deflist"]
smartquotes = False  # options have two hyphens
myst_heading_anchors = 3
suppress_warnings = ["config.cache"]

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say them
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
intersphinx_mapping = {}  # nothing is fetched while the site is built

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "min_reported_time": 3600,
    "abort_on_example_error": True,
    "reset_modules": ("matplotlib",),
}

linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_anchors = False
linkcheck_ignore = [r"https://(www\.)?(doi\.org|iopscience)"]  # publishers that turn programs away
