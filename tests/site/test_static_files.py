"""What production serves beside the pages."""

import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from django.contrib.staticfiles.finders import find
from django.core.management import call_command

OURS = ("products", "media_staging")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)[\s(]*"([^"]+)\"""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z]+$")

# Complains of a script that is none.
PARSE = """
const { SourceTextModule } = require("vm");
for (const file of process.argv.slice(1)) {
  new SourceTextModule(require("fs").readFileSync(file, "utf8"), { identifier: file });
}
"""


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "static_files.HashedStaticFiles"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return settings.STATIC_ROOT


def test_a_script_imports_others_by_the_hash_of_what_they_hold(collected: Path) -> None:
    """A browser keeps them for good; after a deploy it must not run the new with the old."""
    imported = 0
    for app in OURS:
        for script in (collected / app).rglob("*.js"):
            if not HASHED.search(script.name):
                continue
            for target in IMPORTED.findall(COMMENT.sub("", script.read_text())):
                imported += 1
                assert HASHED.search(target), f"{script.name} imports {target}"
                assert (script.parent / PurePosixPath(target)).exists()
    assert imported > 50


def test_of_a_package_what_it_was_built_from_is_not_served(collected: Path) -> None:
    assert (collected / "sortablejs" / "Sortable.min.js").exists()
    assert not (collected / "sortablejs" / "src").exists()


def test_our_scripts_are_minified_and_others_keep_their_licences(collected: Path) -> None:
    served = [each for app in OURS for each in (collected / app).rglob("*.js")]
    for script in served:
        if not HASHED.search(script.name):
            assert script.stat().st_size < source(script, collected).stat().st_size
    subprocess.run(["node", "--experimental-vm-modules", "-e", PARSE, *served], check=True)
    assert "/*!" in (collected / "sortablejs" / "Sortable.min.js").read_text()


def source(script: Path, collected: Path) -> Path:
    return Path(find(str(script.relative_to(collected))))
