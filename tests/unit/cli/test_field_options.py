import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

import cloudless_mosaic
from cloudless_mosaic.burned.request import BurnedAreaRequest
from cloudless_mosaic.cli import burned, mosaics
from cloudless_mosaic.cli.field_options import option_names
from cloudless_mosaic.domain.request import MosaicRequest

SOURCE = Path(cloudless_mosaic.__file__).parent
PROGRAMS = {"mosaics": (mosaics.cli, MosaicRequest), "burned": (burned.cli, BurnedAreaRequest)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_field_of_a_request_is_a_parameter_of_its_command(name):
    program, request_class = PROGRAMS[name]
    parameters = {parameter.name for parameter in program.commands["run"].params}
    assert {field.name for field in fields(request_class)} <= parameters


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_parameter_is_named_by_its_option(name):
    program, _ = PROGRAMS[name]
    name_of = option_names(program)
    for command in program.commands.values():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert name_of(parameter.name) in parameter.opts
                assert name_of(parameter.name).startswith("--")


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("max_items", "--max-items"),
        ("clear_classes", "--scl-clear"),
        ("max_memory", "--max-ram"),
        ("worker_cores_limit", "--worker-cores-limit"),
        ("as_json", "--json"),
    ],
)
def test_options_of_all_commands_are_known(field, option):
    assert option_names(mosaics.cli)(field) == option


def test_an_option_of_another_program_goes_by_the_rule():
    assert option_names(burned.cli)("max_cloud_cover") == "--max-cloud-cover"
    assert option_names(burned.cli)("image") == "--image"


def test_messages_name_fields_that_there_are():
    """Every name in backticks in a message of the library is that of a parameter of a command."""
    known = {
        parameter.name
        for program in (mosaics.cli, burned.cli)
        for command in (*program.commands.values(), *mosaics.cli.commands["cluster"].commands.values())
        for parameter in command.params
    }
    named = set()
    for path in SOURCE.rglob("*.py"):
        text = re.sub(r'""".*?"""', "", path.read_text("utf-8"), flags=re.DOTALL)
        named |= set(re.findall(r"(?<!`)`([a-z]\w*)`(?!`)", text))
    assert {"end_date", "output_dir", "clear_classes"} <= named <= known
