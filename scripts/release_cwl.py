"""Writes the workflows of a release, ``NAME.VERSION.cwl``, with the image pinned by its digest.

``python scripts/release_cwl.py registry.example/cloudless-mosaic@sha256:...``, the digest of the pushed one.

Platforms require the metadata of an author and an address of the documentation. The publisher gives them:
``--author``, ``--affiliation``, ``--help-url``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from cloudless_mosaic.version import __version__

WORKFLOWS = Path(__file__).resolve().parents[1] / "cwl-workflows"
PLACEHOLDER = "dockerPull: cloudless-mosaic:latest\n"
VERSION = "s:softwareVersion: "
PUBLISHER = "s:publisher: "
_HELP = re.compile(r"^(s:softwareHelp: \{.*)\}$", re.MULTILINE)
_PINNED = re.compile(r"[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}")
_AUTHOR = re.compile(r"(?P<given>\S[^<>]*) (?P<family>[^<> ]+) <(?P<email>[^<>@ ]+@[^<>@ ]+)>")


@dataclass(frozen=True)
class Publication:
    """What a release says that the repository doesn't."""

    image: str
    """Name of the image with its digest."""
    authors: tuple[str, ...] = ()
    """``GIVEN NAME FAMILY <MAIL>`` of each."""
    affiliation: str = "The cloudless-mosaic maintainers"
    """Organization of the authors."""
    help_url: str | None = None
    """Address of the documentation."""

    def applied(self, text: str) -> str:
        """The text of a workflow with all of that in it."""
        text = text.replace(PLACEHOLDER, f"dockerPull: {self.image}\n")
        if self.authors:
            authors = "s:author: " + json.dumps([self._person(one) for one in self.authors]) + "\n"
            text = text.replace(PUBLISHER, authors + PUBLISHER, 1)
        if self.help_url:
            url = json.dumps(self.help_url)
            text = _HELP.sub(lambda found: f"{found[1]}, s:url: {url}}}", text, count=1)
        return text

    def _person(self, author: str) -> dict[str, object]:
        """An author as schema.org has it."""
        found = _AUTHOR.fullmatch(author)
        if found is None:
            sys.exit(f"error: --author {author!r} is incomplete; give 'GIVEN NAME FAMILY <MAIL>'")
        return {
            "class": "s:Person",
            "s:givenName": found["given"],
            "s:familyName": found["family"],
            "s:email": found["email"],
            "s:affiliation": {"class": "s:Organization", "s:name": self.affiliation},
        }


def release(workflow: Path, publication: Publication, folder: Path) -> Path:
    """Writes one workflow with what the publication adds; returns the file."""
    text = workflow.read_text("utf-8")
    if text.count(PLACEHOLDER) != text.count("dockerPull:") or f"\n{VERSION}{__version__}\n" not in text:
        sys.exit(f"error: {workflow} names another image or version than {__version__}; put that right first")
    target = folder / f"{workflow.stem}.{__version__}.cwl"
    released = publication.applied(text)
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(released, "utf-8")
    return target


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("image", metavar="IMAGE", help="name of the image with its digest: NAME@sha256:HEX")
    parser.add_argument(
        "--author", action="append", default=[], metavar="NAME", help="GIVEN NAME FAMILY <MAIL>"
    )
    parser.add_argument(
        "--affiliation",
        default=Publication.affiliation,
        help="organization of the authors; default: %(default)s",
    )
    parser.add_argument("--help-url", metavar="URL", help="address of the documentation")
    parser.add_argument("--output-dir", type=Path, default=Path("dist"), help="default: %(default)s")
    options = parser.parse_args()
    if not _PINNED.fullmatch(options.image):
        sys.exit(f"error: {options.image!r} has no digest; give NAME@sha256: and 64 hexadecimal digits")
    if options.help_url and not re.fullmatch(r"https?://\S+", options.help_url):
        sys.exit(
            f"error: --help-url {options.help_url!r} is not a web address; give for example https://host/docs"
        )
    publication = Publication(options.image, tuple(options.author), options.affiliation, options.help_url)
    for workflow in sorted(WORKFLOWS.glob("*.cwl")):
        print(release(workflow, publication, options.output_dir))


if __name__ == "__main__":
    main()
