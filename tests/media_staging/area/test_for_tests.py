"""The tests of an adopter, run by Django's own runner, leave the real staging area alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.site import own_database

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = """
import os
from pathlib import Path
import dj_database_url
BASE = Path(__file__).parent
SECRET_KEY = "x"
INSTALLED_APPS = ["media_staging", "huey.contrib.djhuey", "shop",
                  "django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": dj_database_url.parse(os.environ["SHOP_DATABASE"])}
if os.environ.get("TEST_DATABASE"):
    DATABASES["default"]["TEST"] = {"NAME": os.environ["TEST_DATABASE"]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "media_staging.urls"
USE_TZ = True
MEDIA_STAGING = {"ROOT": BASE / "staging", "REMOTES": {"filesystem": {"root": BASE / "remote"}},
                 "MIN_FREE_BYTES": 0}
HUEY = {"name": "shop", "immediate": False, "huey_class": "huey.MemoryHuey"}
"""
MODELS = """
from django.db import models
from media_staging.fields import StagedFileField

class Photo(models.Model):
    file = StagedFileField()
"""
TESTS = """
import tempfile
from pathlib import Path
from django.core.files.base import ContentFile
from django.test import TestCase, TransactionTestCase, override_settings
from media_staging.area import staging
from shop.models import Photo

class Stages:
    def test_a_photo(self):
        photo = Photo()
        photo.file = ContentFile(b"made by a test", name="a.bin")
        photo.save()
        assert staging.path(photo.file.key).read_bytes() == b"made by a test"
        assert staging.root() != Path(__file__).parent.parent / "staging"

class First(Stages, TestCase): pass
class Second(Stages, TransactionTestCase): pass
class Third(Stages, TestCase): pass

class Own(TestCase):
    def test_a_root_of_its_own(self):
        from django.conf import settings
        with tempfile.TemporaryDirectory() as folder:
            own = {**settings.MEDIA_STAGING, "ROOT": Path(folder)}
            with override_settings(MEDIA_STAGING=own):
                assert staging.root() == Path(folder)
                photo = Photo()
                photo.file = ContentFile(b"x", name="a.bin")
                assert staging.path(photo.file.key).is_relative_to(folder)
"""
MANAGE = """
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ["DJANGO_SETTINGS_MODULE"] = "shop_settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
STAGE = (
    "from media_staging import stage; from django.core.files.base import ContentFile;"
    "print(stage(ContentFile(b'real', name='a.bin'), keep=True).key)"
)


class Shop:
    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        (folder / "shop" / "migrations").mkdir(parents=True)
        self.temporary.mkdir()
        for name, text in {
            "manage.py": MANAGE,
            "shop_settings.py": SETTINGS,
            "shop/__init__.py": "",
            "shop/migrations/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/tests.py": TESTS,
        }.items():
            (folder / name).write_text(text)
        self.env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.temporary),
            "SHOP_DATABASE": f"sqlite:///{folder / 'db.sqlite3'}",
            **env,
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(self.folder / "manage.py"), *arguments],
            env=self.env,
            cwd=self.folder,
            text=True,
            capture_output=True,
            check=False,
        )

    def opens(self) -> None:
        """Its database is there, and a file that is no test's."""
        for command in (["makemigrations", "shop"], ["migrate"], ["shell", "-c", STAGE]):
            ran = self.manage(*command)
            assert ran.returncode == 0, ran.stderr

    def area(self) -> dict[str, bytes]:
        staging = self.folder / "staging"
        return {
            str(path.relative_to(staging)): path.read_bytes()
            for path in staging.rglob("*")
            if path.is_file()
        }


@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("kind", ["in memory", "in a file", "on a server"])
def test_the_real_area_is_untouched_and_the_temporary_one_goes(
    tmp_path: Path, kind: str, parallel: int
) -> None:
    url = os.environ.get("DATABASE_URL", "") if kind == "on a server" else ""
    if kind == "on a server" and not url:
        pytest.skip("only where the suite has a database server")
    env = {"TEST_DATABASE": str(tmp_path / "test.sqlite3")} if kind == "in a file" else {}
    with own_database(url) as server:
        if server:
            env = {"SHOP_DATABASE": server["DATABASE_URL"]}
        shop = Shop(tmp_path, **env)
        shop.opens()
        before = shop.area()
        assert b"real" in before.values()
        ran = shop.manage("test", f"--parallel={parallel}", "--noinput", "shop")
    assert ran.returncode == 0, ran.stderr
    assert "Ran 4 tests" in ran.stderr
    assert shop.area() == before
    assert list(shop.temporary.iterdir()) == []
    # One warning for each database that was used; the first of several is only copied, and checked.
    warnings = ran.stderr.count("has its staging area in")
    assert warnings == 1 if parallel == 1 else 1 <= warnings <= parallel + 1


def test_the_area_of_the_real_database_stays_the_one_of_the_settings(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.opens()
    root = shop.manage(
        "shell",
        "-v0",
        "-c",
        "from django.test.utils import setup_test_environment; setup_test_environment();"
        "from media_staging.area import staging; print(staging.root())",
    )
    assert root.stdout.strip().endswith("/staging")
