"""Pages that mkdocs makes from other things than Markdown: the command line, notebooks, pages of the root."""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
from command_line import command_line_page
from notebook import notebook_page

_ROOT_PAGES = {
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "reference/changelog.md",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages; each takes the place of nothing that lies in the folder."""

    def add(uri: str, content: str | bytes) -> None:
        files.append(File.generated(config, uri, content=content))

    add("reference/command-line.md", command_line_page())
    root = Path(config.config_file_path).parent
    for name, uri in _ROOT_PAGES.items():
        up = "../" * uri.count("/")
        text = (root / name).read_text("utf-8").replace("](docs/", f"]({up}")
        for other, page in _ROOT_PAGES.items():
            text = text.replace(f"]({other})", f"]({up}{page})")
        add(uri, text)
    for path in sorted(Path(config.docs_dir, "notebooks").glob("*.ipynb")):
        text, pictures = notebook_page(path)
        add(f"notebooks/{path.stem}.md", text)
        for picture, content in pictures.items():
            add(f"notebooks/{picture}", content)
    return files
