import json
import re

import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.preview import REPORT, is_report, remove_report
from cloudless_mosaic.report import check_report, write_report


def data_of(page):
    """What the page is told, taken as a browser takes it: up to the first end of a script."""
    return json.loads(re.search(r'id="report">(.*?)</script', page, re.DOTALL | re.IGNORECASE)[1])


@pytest.mark.usefixtures("template")
def test_the_page_holds_what_is_told(mosaics, item):
    path = write_report(mosaics([item()]))
    assert path.name == REPORT
    assert is_report(path)
    told = data_of(path.read_text("utf-8"))
    assert told["periods"][0]["label"] == "2020-10"
    assert told["gamma"] == pytest.approx(1.6)


@pytest.mark.parametrize(
    "hostile",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "\u2028]]>",
        "<img src=x onerror=alert(1)>",
        '"\\"</SCRIPT >',
        "{{REPORT}}",
    ],
)
def test_nothing_that_a_catalog_says_leaves_its_place(template, mosaics, item, hostile):
    page = write_report(
        mosaics([item(dropped_scenes=[{"id": hostile, "reason": hostile}])], title=hostile)
    ).read_text("utf-8")
    assert page.count("<") == template.read_text("utf-8").count("<")
    told = data_of(page)
    assert told["title"] == hostile
    assert told["periods"][0]["dropped"] == {hostile: hostile}


def test_an_installation_without_the_page_says_what_to_do(template, mosaics, item):
    template.unlink()
    folder = mosaics([item()])
    for attempt in (check_report, write_report):
        with pytest.raises(UsageError, match="install Node"):
            attempt(folder)
    assert not (folder / REPORT).exists()


@pytest.mark.usefixtures("template")
def test_a_file_of_another_program_is_left_alone(mosaics, item):
    folder = mosaics([item()])
    (folder / REPORT).write_text("<h1>Quarterly report</h1>", "utf-8")
    with pytest.raises(UsageError, match="isn't a page of this program"):
        check_report(folder)
    remove_report(folder)
    assert (folder / REPORT).exists()


@pytest.mark.usefixtures("template")
def test_our_page_is_replaced_and_removed(mosaics, item):
    folder = mosaics([item()])
    write_report(folder)
    check_report(folder)
    write_report(folder)
    remove_report(folder)
    assert not (folder / REPORT).exists()
    remove_report(folder)
