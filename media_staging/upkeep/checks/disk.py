"""Whoever stages and whoever moves and deletes needs the same rights in the staging area."""

import os
import pwd
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from media_staging.area import staging

# As many as tell who writes here; a start must not read a large area.
MOST_PATHS = 500
WAY_OUT = (
    "Run web and consumer as the same user; or give both a group of their own, "
    "`chgrp -R GROUP {root} && chmod -R g+rwX,g+s {root}`, and start both with `umask 002`."
)


@checks.register("media_staging")
def check_disk(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    try:
        root = staging.root()
        paths = list(islice(known_paths(root), MOST_PATHS))
    except (ImproperlyConfigured, TypeError):
        # `settings` says so.
        return []
    problem = closed_to_us(paths) or closed_to_others(paths)
    return [problem] if problem else []


def known_paths(root: Path) -> Iterator[Path]:
    """The area's folders, and some of what is in them, outer ones first."""
    waiting = [] if is_gone(root) else [root]
    while waiting:
        folder = waiting.pop(0)
        yield folder
        try:
            with os.scandir(folder) as entries:
                for entry in islice(entries, MOST_PATHS):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        yield Path(entry.path)
        except OSError:
            # It counts as closed.
            continue


def is_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        # Behind a folder that is closed.
        return False


def closed_to_us(paths: list[Path]) -> checks.CheckMessage | None:
    for path in paths:
        is_folder = is_a_folder(path)
        rights = os.R_OK | os.W_OK | os.X_OK if is_folder else os.R_OK
        if not os.access(path, rights, effective_ids=True) and not is_gone(path):
            if is_read_only(path):
                return checks.Warning(
                    f"{path} is mounted read-only: nothing can be uploaded or deleted there.",
                    hint="Mount it so that this process can write.",
                    id="media_staging.W002",
                )
            return checks.Warning(
                f"This process (user {name_of(os.geteuid())}) cannot "
                f"{'change what is in' if is_folder else 'read'} {path}, which belongs to "
                f"{owner(path)}: uploads fail there, or local copies stay for ever.",
                hint=WAY_OUT.format(root=staging.root()),
                id="media_staging.W002",
            )
    return None


def closed_to_others(paths: list[Path]) -> checks.CheckMessage | None:
    """Where two users write, each closes to the other what the group may not change."""
    users = {uid for path in paths if (uid := uid_of(path)) is not None}
    if os.geteuid():
        # A command that an administrator runs is neither web nor consumer.
        users.add(os.geteuid())
    if len(users) < 2:
        return None
    for path in paths:
        if is_a_folder(path) and not is_open_to_the_group(path):
            others = ", ".join(sorted(name_of(uid) for uid in users))
            return checks.Warning(
                f"Several users work in the staging area ({others}), but only {owner(path)} can "
                f"change what is in {path}.",
                hint=WAY_OUT.format(root=staging.root()),
                id="media_staging.W003",
            )
    return None


def is_a_folder(path: Path) -> bool:
    """Also one in a folder that is closed to us, as far as can be told."""
    try:
        return path.is_dir()
    except OSError:
        return True


def is_gone(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        # There, and closed.
        pass
    return False


def is_open_to_the_group(folder: Path) -> bool:
    needed = stat.S_IWGRP | stat.S_IXGRP
    try:
        return folder.stat().st_mode & needed == needed
    except OSError:
        return False


def uid_of(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def owner(path: Path) -> str:
    uid = uid_of(path)
    return "another user" if uid is None else name_of(uid)


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
