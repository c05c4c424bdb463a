"""What every output of the programs has to be: valid STAC, with links that lead somewhere."""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from stac_rules import RULES

SCHEMAS = Path(sys.prefix) / "stac-schemas"
"""Where ``make setup`` puts those of extensions."""

CORE = {
    "Catalog": "https://schemas.stacspec.org/v1.1.0/catalog-spec/json-schema/catalog.json",
    "Collection": "https://schemas.stacspec.org/v1.1.0/collection-spec/json-schema/collection.json",
    "Feature": "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json",
}
OURS = {"cloudless-mosaic", "burned-area"}
"""Ids of root catalogs."""

OUTWARD = {"derived_from", "license"}
"""Links that may lead out of the folder."""


def check_outputs(*folders):
    """Checks those folders that an output of ours is in."""
    for folder in folders:
        catalog = folder / "catalog.json"
        if catalog.is_file() and json.loads(catalog.read_text()).get("id") in OURS:
            check_output(folder)


def check_output(root):
    """Checks all documents of a folder; says how many there are."""
    root = root.resolve()
    seen = set()
    walk(root / "catalog.json", root, seen)
    strays = {*root.glob("collection.json"), *root.glob("monthly-mosaic-*/*.json")} - seen
    assert not strays, f"no link leads to {strays}"
    return len(seen)


def walk(path, root, seen):
    seen.add(path)
    document = json.loads(path.read_text())
    check_document(document)
    check_links(document, path, root)
    for link in document["links"]:
        if link["rel"] in {"child", "item"}:
            target = (path.parent / link["href"]).resolve()
            below = json.loads(target.read_text())
            ways_up = {one["rel"]: (target.parent / one["href"]).resolve() for one in below["links"][:3]}
            assert ways_up["parent"] == path.resolve()
            assert ways_up["root"] == (root / "catalog.json").resolve()
            walk(target, root, seen)


def check_document(document):
    """Core, then every extension that it declares."""
    assert document["stac_version"] == "1.1.0"
    validator(CORE[document["type"]]).validate(document)
    for address in document.get("stac_extensions", ()):
        if address in RULES:
            RULES[address](document)
        else:
            validator(address).validate(document)


@cache
def validator(address):
    return jsonschema.Draft7Validator(registry().contents(address), registry=registry())


@cache
def registry():
    assert SCHEMAS.is_dir(), "the schemas of STAC extensions are missing; run make setup"
    schemas = {unquote(path.name): json.loads(path.read_text()) for path in SCHEMAS.iterdir()}
    schemas |= get_local_schema_cache()
    resources = [(name, Resource(content, DRAFT7)) for name, content in schemas.items()]
    return Registry().with_resources(resources).crawl()


def check_links(document, path, root):
    """Every address is relative, leads to a file of the output, and has no secret in it."""
    links = document["links"] + list(document.get("assets", {}).values())
    for link in links:
        href = link["href"]
        assert "sig=" not in href
        assert "@" not in urlsplit(href).netloc
        if link.get("rel") in OUTWARD:
            continue
        assert not urlsplit(href).scheme, href
        target = (path.parent / href).resolve()
        assert target.is_relative_to(root.resolve()), href
        assert target.is_file(), href
        if "file:size" in link:
            data = target.read_bytes()
            assert link["file:size"] == len(data)
            assert link["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest()
