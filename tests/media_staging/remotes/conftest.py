"""The remotes that the contract is tested on."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import settings as site
from django.utils.module_loading import import_string

from dev.cloudinary.local import LocalCloudinary
from media_staging.remotes import CLASSES, Remote
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from media_staging.remotes.filesystem import FilesystemRemote
from tests.media_staging.remotes.samples import s3

# Set by `make check-remote`: the one remote to test, as the environment describes it.
CHECKED = os.environ.get("CHECK_REMOTE", "")


@pytest.fixture(params=[CHECKED] if CHECKED else ["filesystem", "s3", "cloudinary"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Remote:
    if CHECKED:
        checked: Remote = request.getfixturevalue("real_remote")
        return checked
    if request.param == "filesystem":
        return FilesystemRemote(root=tmp_path / "elsewhere")
    if request.param == "cloudinary":
        cloud: LocalCloudinary = request.getfixturevalue("cloudinary_server")
        return CloudinaryRemote(**cloud.options)
    return s3(request.getfixturevalue("s3_server"))


@pytest.fixture(scope="session")
def real_remote() -> Iterator[Remote]:
    """A real account, below a prefix of its own that is empty again in the end."""
    options = {**site.MEDIA_STAGING["REMOTES"][CHECKED], "location": f"check-{uuid4().hex[:12]}"}
    options.pop("label", None)
    remote: Remote = import_string(CLASSES[CHECKED])(**options)
    yield remote
    for each in list(remote.objects()):
        remote.delete(each.key, {})
    for key in list(remote.stale_uploads(datetime.now(UTC) + timedelta(hours=1))):
        remote.abort_uploads(key)
    assert list(remote.objects()) == [], "something is left on the account"
