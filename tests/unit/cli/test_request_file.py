import click
import pytest
from click.testing import CliRunner

from cloudless_mosaic.cli.options import REQUEST_OPTIONS, SCREEN_OPTIONS, with_options
from cloudless_mosaic.cli.request_file import REQUEST, SAVE, save_request
from cloudless_mosaic.errors import UsageError


@pytest.fixture
def values_of():
    """Runs a command that takes what ``plan`` does; gives the values of its options."""
    seen = []

    @click.command()
    @with_options(REQUEST_OPTIONS)
    @REQUEST
    @SAVE
    @with_options(SCREEN_OPTIONS)
    def command(save, **options):
        seen.append(options)
        if save:
            save_request(save)

    def run(*arguments):
        CliRunner(catch_exceptions=False).invoke(
            command, [str(one) for one in arguments], standalone_mode=False
        )
        return seen[-1]

    own = {"save", "request_file"}
    run.options = {max(one.opts, key=len): one for one in command.params if one.name not in own}
    return run


def sample(option):
    """Words of the command line that give an option a value of its own."""
    name = max(option.opts, key=len)
    if option.is_flag:
        return (name,)
    if isinstance(option.type, click.Choice):
        return (name, list(option.type.choices)[-1])
    if option.type in {click.INT, click.FLOAT}:
        return (name, "7")
    if option.multiple:
        return (name, "a=1", name, 'tëxt "of"\n\x7f\\ two')
    return (name, "/some/place ünd more")


def test_every_option_but_headers_comes_back_from_a_file(values_of, tmp_path):
    screen = ("--verbose", "--quiet", "--json", "--log-json")
    words = [word for name, one in values_of.options.items() if name not in screen for word in sample(one)]
    given = values_of(*words, "--save", tmp_path / "run.toml")
    assert all(given[one.name] for name, one in values_of.options.items() if name not in screen)
    assert values_of("--request", tmp_path / "run.toml") == {**given, "headers": ()}


def test_only_what_differs_from_the_defaults_is_written(values_of, tmp_path):
    values_of("--bands", "red", "--aoi", "1,2,3,4", "--exact", "--save", tmp_path / "run.toml")
    assert (tmp_path / "run.toml").read_text() == 'aoi = "1,2,3,4"\nbands = ["red"]\nexact = true\n'


def test_values_are_written_as_one_would(values_of, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        "start-date = 2020-10-01\naoi = [1, 2.5, 3, 4]\nresolution = 20\n"
        'bands = "red,nir"\nmask_option = { far = 360 }\n'
    )
    values = values_of("--request", file)
    assert values["start_date"] == "2020-10-01"
    assert values["aoi"] == "1,2.5,3,4"
    assert values["resolution"] == 20.0
    assert values["bands"] == ("red,nir",)
    assert values["mask_options"] == ("far=360",)


def test_the_command_line_wins(values_of, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text('bands = "red"\nresolution = 20\nexact = true\n')
    for words in (("--request", file, "--resolution", "60"), ("--resolution", "60", "--request", file)):
        values = values_of(*words)
        assert (values["resolution"], values["exact"]) == (60.0, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resolutoin = 3", "has 'resolutoin', which is no option of this command, did you mean resolution"),
        ("quiet = true", "has 'quiet', which is no option of this command"),
        ("exact = 1", "has exact = 1, which must be true or false"),
        ("resolution = true", "has resolution = true, which takes a value"),
        ("resolution = ", "isn't TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_the_line(values_of, tmp_path, text, said):
    file = tmp_path / "run.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        values_of("--request", file)
    assert said in str(raised.value)


@pytest.mark.parametrize("place", ["nowhere/run.toml", "."])
def test_a_file_that_can_not_be_written_is_named(values_of, tmp_path, place):
    with pytest.raises(UsageError, match="can't be written"):
        values_of("--bands", "red", "--save", tmp_path / place)


def test_credentials_are_never_written(values_of, tmp_path):
    with pytest.raises(UsageError, match="may hold credentials"):
        values_of("--bands", "red", "--stac-url", "https://me:secret@host/", "--save", tmp_path / "run.toml")
    assert not (tmp_path / "run.toml").exists()
    values_of("--bands", "red", "--header", "Authorization: secret", "--save", tmp_path / "run.toml")
    assert "secret" not in (tmp_path / "run.toml").read_text()
