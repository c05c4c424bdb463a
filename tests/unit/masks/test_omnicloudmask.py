"""The networks of OmniCloudMask, with weights made at random, and what is said where something is missing."""

import warnings
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from cloudless_mosaic.domain.request.fields import written_fields
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import MaskSettings, make_mask, omnicloudmask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.table import parse_mask_table

REGNETY, EDGENEXT = omnicloudmask.WEIGHTS


@pytest.fixture(scope="module")
def package():
    return pytest.importorskip("omnicloudmask", reason="the extra omnicloudmask is not installed")


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    yield
    omnicloudmask.installed.cache_clear()
    omnicloudmask._models.cache_clear()


@pytest.fixture(scope="module")
def weights(package, tmp_path_factory):  # noqa: ARG001 - that it is installed
    """The folder of networks of the published architectures, whose weights are random."""
    import segmentation_models_pytorch  # noqa: PLC0415 - an extra
    import torch  # noqa: PLC0415 - as above
    from safetensors.torch import save_file  # noqa: PLC0415 - as above

    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(4)
    for name, encoder in omnicloudmask.WEIGHTS.items():
        model = segmentation_models_pytorch.Unet(encoder, encoder_weights=None, in_channels=3, classes=4)
        save_file(model.state_dict(), folder / name)
    return folder


def made(*options):
    return make_mask("omnicloudmask", MaskSettings(DEFAULT_CLEAR_CLASSES, None, options))


@pytest.mark.slow
def test_a_window_is_masked_as_the_package_does(package, weights):
    rng = np.random.default_rng(8)
    patches = rng.random((3, 32, 32)).repeat(8, axis=1).repeat(8, axis=2)
    bands = (1 + 6000 * patches + 500 * rng.random(patches.shape)).astype(np.uint16)
    bands[:, :40, :90] = 0
    network = made(("weights", str(weights))).network
    shares = network.probabilities(np.moveaxis(bands, 0, -1).astype(np.float32) / np.float32(10_000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = package.predict_from_array(
            bands.astype(np.float32) / np.float32(10_000),
            patch_size=256,
            patch_overlap=0,
            inference_device="cpu",
            destination_model_dir=weights,
            apply_no_data_mask=False,
        )[0]
    assert set(np.unique(theirs)) == {0, 1, 2, 3}
    np.testing.assert_array_equal(shares.argmax(axis=2), np.array([0, 1, 1, 2])[theirs])


@pytest.mark.slow
def test_what_determines_the_answers_is_known_without_the_path(weights, make_request):
    digests = [sha256((weights / name).read_bytes()).hexdigest() for name in omnicloudmask.WEIGHTS]
    request = make_request(mask="omnicloudmask", mask_options=(("weights", str(weights)),))
    network = request.cloud_mask.network
    assert network.written == {"name": "omnicloudmask", "weights": digests}
    assert digests[0][:12] in network.description
    written = written_fields(request)["mask_options"]
    assert (written["weights"], written["far"]) == (digests, 300)
    table = {"name": "mine", "classes": {"clear": [4]}, "network": {"name": "omnicloudmask"}}
    table["network"]["weights"] = str(weights)
    assert parse_mask_table(table).fields["network"] == network.written
    # a worker that has other ones
    with pytest.raises(UsageError, match="give all workers the same image and the same weights"):
        replace(network, digests=("0", "1")).probabilities(np.zeros((256, 256, 3), np.float32))


@pytest.mark.slow
def test_a_file_that_holds_no_weights_is_named(weights, tmp_path):
    regnety = (weights / REGNETY).read_bytes()
    (tmp_path / REGNETY).write_bytes(regnety)
    for content in (regnety, b"version https://git-lfs.github.com/spec/v1"):
        (tmp_path / EDGENEXT).write_bytes(content)
        omnicloudmask.installed.cache_clear()
        network = made(("weights", str(tmp_path))).network
        with pytest.raises(UsageError, match=rf"{EDGENEXT} doesn't hold the weights .*; download it again"):
            network.probabilities(np.zeros((256, 256, 3), np.float32))


def test_missing_weights_are_refused_with_where_they_are_to_be_had(tmp_path):
    needed = r"omnicloudmask needs weights=FOLDER, in mask_options or under \[network\] of a file; "
    where = f"download {REGNETY} and {EDGENEXT} from {omnicloudmask.SOURCE} into that folder"
    for options in ((), (("weights", ""),)):
        with pytest.raises(UsageError, match=needed + where):
            made(*options)
    (tmp_path / REGNETY).touch()
    with pytest.raises(UsageError, match=rf"{EDGENEXT} can't be read \(No such file or directory\); down"):
        made(("weights", str(tmp_path)))


def test_a_missing_package_is_named_with_the_extra(tmp_path, monkeypatch):
    for name in omnicloudmask.WEIGHTS:
        (tmp_path / name).touch()
    monkeypatch.setattr(omnicloudmask, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"omnicloudmask; pip install 'cloudless-mosaic\[omnicloudmask\]'"):
        made(("weights", str(tmp_path)))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            {"name": "omnicloudmask"},
            "omnicloudmask needs weights=FOLDER, in mask_options or under",
        ),
        ({"name": "omnicloudmask", "weights": 3}, r"network\.weights must be the path of a folder, got '3'"),
        ({"name": "ukis", "weights": "w"}, r"network\.weights: the weights of ukis are in its package"),
    ],
)
def test_weights_in_a_file(network, message):
    with pytest.raises(UsageError, match=message):
        parse_mask_table({"name": "mine", "classes": {"clear": [4]}, "network": network})
