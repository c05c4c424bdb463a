import shutil
import subprocess

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from cloudless_mosaic.cli.completion import SHELLS
from cloudless_mosaic.cli.mosaics import cli


def completions(*words):
    shell = ShellComplete(cli, {}, "cloudless-mosaic", "_CLOUDLESS_MOSAIC_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("pl",), ["plan"]),
        (("--max-c",), ["--max-cloud-cover"]),
        (("plan", "--max-c"), ["--max-cloud-cover"]),
        (("--bands", "gr"), ["green"]),
        (("plan", "--bands", "red", "--bands", "swir"), ["swir16", "swir22"]),
        (("--mask", "wor"), ["worldcereal"]),
        (("completion", "z"), ["zsh"]),
    ],
)
def test_commands_options_and_values_are_completed(words, found):
    assert completions(*words) == found


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_asks_for_completions(shell):
    done = CliRunner().invoke(cli, ["completion", shell])
    assert done.exit_code == 0, done.output
    assert f"_CLOUDLESS_MOSAIC_COMPLETE={shell}_complete" in done.output
    if path := shutil.which(shell):
        # every shell here takes -n for reading without running
        subprocess.run([path, "-n"], input=done.output, text=True, check=True)
