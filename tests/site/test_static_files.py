"""What production serves beside the pages."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from django.core.management import call_command
from static_files import without_comments

OURS = ("products", "media_staging")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)[\s(]*"([^"]+)\"""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z]+$")


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


def test_our_scripts_are_served_without_their_comments(collected: Path) -> None:
    """They are the types: a fifth of what a page loads. A licence in another's script stays."""
    served = [each for app in OURS for each in (collected / app).rglob("*.js")]
    for script in served:
        text = script.read_text()
        assert not re.search(r"/\*\*|@(?:type|param|module)\b|^\s*//", text, re.MULTILINE), script
    assert len(served) > 100
    source = without_comments(b'ask("image/**", /** @type {T} */ (x)); // why\n  // why\nf();\n')
    assert source == b'ask("image/**",  (x)); // why\nf();\n'
    assert "/*!" in (collected / "sortablejs" / "Sortable.min.js").read_text()
