"""A notebook, run from top to bottom, as a page."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import ExecutePreprocessor
from traitlets.config import Config

_SECONDS = 120
"""Longest time that a cell may take."""


def notebook_page(path: Path, folder: Path | None = None) -> tuple[str, dict[str, bytes]]:
    """Runs a notebook and gives its page.

    Args:
        path: The notebook, stored without outputs.
        folder: Where it is run; by default the working directory.

    Returns:
        Markdown, and the pictures beside it by name.

    Raises:
        CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    # the variable is for the kernel, which a debugger would otherwise warn about
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    sockets = Config({"KernelManager": {"transport": "ipc"}})  # no port of this computer is opened
    runner = ExecutePreprocessor(timeout=_SECONDS, kernel_name="python3", config=sockets)
    runner.preprocess(notebook, {"metadata": {"path": str(folder or Path.cwd())}})
    text, resources = MarkdownExporter().from_notebook_node(
        notebook, {"unique_key": path.stem, "output_files_dir": ""}
    )
    pictures = {Path(name).name: content for name, content in resources["outputs"].items()}
    for name in resources["outputs"]:
        text = text.replace(f"]({name})", f"]({Path(name).name})")
    where = f"*This page is [a notebook]({path.name}), run from top to bottom when it was made.*"
    return re.sub(r"^(# .*\n)", rf"\1\n{where}\n", text, count=1), pictures
