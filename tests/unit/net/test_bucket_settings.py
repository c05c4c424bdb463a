import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.environment import buckets
from cloudless_mosaic.net.environment.buckets import BucketSettings

KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "hush"}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files of AWS's tools, and a machine that is not one of AWS's."""
    monkeypatch.setattr(buckets, "_VENDOR_FILES", ())
    (tmp_path / "credentials").write_text(
        "[lab]\naws_access_key_id = AKIALAB\n"
        "aws_secret_access_key = labsecret\naws_session_token = labtoken\n"
    )
    (tmp_path / "config").write_text(
        "[profile lab]\nregion = eu-north-1\nendpoint_url = https://lab.example\ns3 =\n"
        "  addressing_style = virtual\n[profile sso]\nsso_session = company\nregion = eu-west-1\n"
        "[profile split]\nservices = split\nendpoint_url = https://all.example\n"
        "[services split]\ns3 =\n  endpoint_url = https://s3.example\n"
    )
    return {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
    }


@pytest.mark.parametrize(
    "setting", ["role_arn", "sso_session", "login_session", "credential_process", "source_profile"]
)
def test_keys_from_elsewhere_are_named(files, tmp_path, setting):
    (tmp_path / "config").write_text(f"[profile far]\n{setting} = company\n")
    missing = BucketSettings.of_environment({**files, "AWS_PROFILE": "far"}).missing
    assert f"profile far of AWS gets its keys by {setting}" in missing
    assert "export-credentials" in missing


@pytest.mark.parametrize("name", ["AWS_NO_SIGN_REQUEST", "AWS_SKIP_SIGNATURE"])
@pytest.mark.parametrize("value", ["YES", "true", "1"])
def test_a_public_bucket_needs_no_keys(files, name, value):
    settings = BucketSettings.of_environment({**files, name: value})
    assert settings.anonymous
    assert settings.missing == ""


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({"AWS_S3_ENDPOINT": "127.0.0.1:9000", "AWS_HTTPS": "NO"}, "http://127.0.0.1:9000"),
        ({"AWS_S3_ENDPOINT": "eodata.example"}, "https://eodata.example"),
        ({"AWS_ENDPOINT_URL": "http://a:1/"}, "http://a:1"),
        ({"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "http://b:2"}, "http://b:2"),
        ({"AWS_ENDPOINT": "http://c:3"}, "http://c:3"),
        ({"AWS_PROFILE": "split"}, "https://s3.example"),
        ({}, ""),
    ],
)
def test_the_endpoint(files, variables, endpoint):
    assert BucketSettings.of_environment({**files, **KEYS, **variables}).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://",
        "not a host",
        "http://[::1",
        "http://h:99999",
        "https://me:hush@h",
        "https://h?token=hush",
        "ftp://h",
    ],
)
def test_an_endpoint_that_is_no_address_is_refused(files, endpoint):
    with pytest.raises(UsageError, match="the endpoint of S3") as caught:
        BucketSettings.of_environment({**files, **KEYS, "AWS_S3_ENDPOINT": endpoint})
    assert "hush" not in str(caught.value)


def test_who_pays_is_said_in_known_words(files):
    with pytest.raises(UsageError, match="AWS_REQUEST_PAYER must be requester, got 'maybe'"):
        BucketSettings.of_environment({**files, **KEYS, "AWS_REQUEST_PAYER": "maybe"})


def test_a_profile_gives_what_the_environment_leaves_open(files):
    settings = BucketSettings.of_environment({**files, "AWS_PROFILE": "lab"})
    found = settings.access_key_id, settings.secret_access_key, settings.session_token
    assert found == ("AKIALAB", "labsecret", "labtoken")
    assert (settings.region, settings.endpoint) == ("eu-north-1", "https://lab.example")
    assert settings.virtual_hosting is True
    assert "labsecret" not in repr(settings)
    both = BucketSettings.of_environment({**files, **KEYS, "AWS_PROFILE": "lab", "AWS_REGION": "us-east-2"})
    assert (both.access_key_id, both.session_token, both.region) == ("AKIATEST", "", "us-east-2")


def test_without_credentials_the_message_says_what_is_missing(files):
    settings = BucketSettings.of_environment({**files, "AWS_ACCESS_KEY_ID": "AKIATEST"})
    assert "AWS_SECRET_ACCESS_KEY" in settings.missing
    assert "AWS_NO_SIGN_REQUEST=YES" in settings.missing


def test_a_profile_with_keys_from_elsewhere_is_named(files):
    settings = BucketSettings.of_environment({**files, "AWS_PROFILE": "sso"})
    assert "sso_session" in settings.missing


@pytest.mark.parametrize(
    ("name", "value"),
    [("AWS_PROFILE", "nobody"), ("AWS_NO_SIGN_REQUEST", "maybe"), ("AWS_S3_ENDPOINT", "ftp://host")],
)
def test_a_slip_is_named(files, name, value):
    with pytest.raises(UsageError, match=f"{name}|endpoint of S3"):
        BucketSettings.of_environment({**files, **KEYS, name: value})


@pytest.mark.parametrize("name", ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"])
def test_credentials_that_the_object_store_fetches_are_not_missing(files, name):
    assert BucketSettings.of_environment({**files, name: "x"}).missing == ""


def test_credentials_of_a_pod_are_fetched_with_the_file_of_its_token(files):
    address = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}
    assert "no credentials" in BucketSettings.of_environment({**files, **address}).missing
    token = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/run/token"}
    assert BucketSettings.of_environment({**files, **address, **token}).missing == ""
