"""The web servers being compared, each with a VAR_DIR of its own, and a client that signs in."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from email.message import Message
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Self

from urllib3 import encode_multipart_formdata

from bench.photos import photo
from dev.ports import LOOPBACK, free_port, release
from dev.processes import Child, start, wait_for
from dev.run import MALLOC, WSGI, gunicorn

ROOT = Path(__file__).resolve().parent.parent
USER = PASSWORD = "bench"
READY_SECONDS = 60.0
# What could leak in from the caller's environment; empty counts as unset.
UNSET = (
    "DATABASE_URL",
    "REDIS_URL",
    "S3_BUCKET",
    "S3_PUBLIC_URL",
    "S3_ENDPOINT_URL",
    "S3_PUBLIC_ENDPOINT_URL",
    "S3_OPTIONS",
    "CLOUDINARY_URL",
    "CLOUDINARY_UPLOAD_PREFIX",
    "CLOUDINARY_PUBLIC_URL",
)


def production(var_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a process on `var_dir`, as it would be outside development."""
    return {
        **dict.fromkeys(UNSET, ""),
        "VAR_DIR": str(var_dir),
        "DEBUG": "0",
        "SECRET_KEY": "for-the-benchmark-only-" + "x" * 40,
        "DJANGO_SETTINGS_MODULE": "settings",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "MEDIA_REMOTE": "filesystem",
        **more,
    }


def run(*arguments: str | Path, env: Mapping[str, str]) -> str:
    """Run a Python program to its end and return what it printed. Raises when it fails."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout


def inside(source: str, env: Mapping[str, str]) -> str:
    """Run what needs the project's models, so that Django is set up before it is imported."""
    return run("manage.py", "shell", "-v0", "-c", source, env=env)


class Project:
    """The programs of a project on the VAR_DIR of `env`; none of them outlives its `with`."""

    settings = "settings"
    manage_py: Sequence[str] = ("manage.py",)
    wsgi: Sequence[str] = WSGI

    def __init__(self, env: Mapping[str, str], logs: Path) -> None:
        self.env = {**env, "DJANGO_SETTINGS_MODULE": self.settings}
        self.var_dir = Path(env["VAR_DIR"])
        self.logs = logs
        self.port = free_port()
        self.children: list[Child] = []

    def __exit__(self, *_error: object) -> None:
        self.kill_all()
        release(self.port)

    def kill_all(self) -> None:
        for child in self.children:
            child.kill()

    def start(self, name: str, *arguments: str, **env: str) -> Child:
        """Start a command of manage.py that runs on."""
        return self.spawn(name, [sys.executable, *self.manage_py, *arguments], env)

    def start_web(self, **env: str) -> Child:
        """Start gunicorn as `make run` does and wait until it answers."""
        web = self.spawn("web", gunicorn(self.port, self.wsgi), {**MALLOC, **env})
        if not wait_for(lambda: Client(self.port).is_answered(), READY_SECONDS, 0.05):
            web.kill()
            raise RuntimeError(f"the web server did not start: {web.log_tail()}")
        return web

    def database(self) -> closing[sqlite3.Connection]:
        """The embedded one, to look into past the project."""
        address = f"file:{self.var_dir / 'db.sqlite3'}?mode=ro"
        return closing(sqlite3.connect(address, uri=True, timeout=20))

    def spawn(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str]) -> Child:
        log = self.logs / f"{name}.log"
        self.children.append(start(name, argv, log=log, env={**self.env, **env}, cwd=ROOT))
        return self.children[-1]

    def client(self) -> "Client":
        client = Client(self.port)
        client.sign_in()
        return client


class Plain:
    """Mixed in: the control, `bench/plain`, in the project's place."""

    settings = "bench.plain.settings"
    manage_py: Sequence[str] = ("-m", "django")
    wsgi: Sequence[str] = ("--pythonpath", ".", "django.core.wsgi:get_wsgi_application()")


class Web(Project):
    """A web server on a new VAR_DIR, with one superuser."""

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__(env, logs=Path(env["VAR_DIR"]))

    def __enter__(self) -> Self:
        self.var_dir.mkdir(parents=True)
        self.set_up()
        self.start_web()
        return self

    def set_up(self) -> None:
        run(*self.manage_py, "migrate", "-v0", env=self.env)
        run(*self.manage_py, "collectstatic", "--noinput", "-v0", env=self.env)
        self.make_user()

    def make_user(self) -> None:
        options = ("--noinput", "--username", USER, "--email", "b@example.com", "-v0")
        run(*self.manage_py, "createsuperuser", *options, env=self.env)

    def start_consumer(self) -> None:
        self.start("consumer", "run_huey")


class PlainWeb(Plain, Web):
    """The control behind the same server."""

    def set_up(self) -> None:
        run(*self.manage_py, "migrate", "--run-syncdb", "-v0", env=self.env)
        self.make_user()


class Client:
    """A signed-in browser with one kept-alive connection, as seen from behind a TLS proxy."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection(LOOPBACK, port, timeout=120)
        self.headers = {"X-Forwarded-Proto": "https", "Referer": f"https://{LOOPBACK}:{port}/"}
        self.cookies: dict[str, str] = {}
        # Of the last answer.
        self.received = Message()

    def is_answered(self) -> bool:
        try:
            return self.request("GET", "/accounts/login/")[0] == HTTPStatus.OK
        except (OSError, HTTPException):
            return False

    def sign_in(self) -> None:
        self.request("GET", "/accounts/login/")
        form = f"username={USER}&password={PASSWORD}".encode()
        answer = self.post("/accounts/login/", form, "application/x-www-form-urlencoded")
        content_of(answer, HTTPStatus.FOUND)

    def reconnect(self) -> None:
        """The next request opens a new connection, which any worker may get."""
        self.connection.close()

    def post(self, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        token = self.cookies.get("csrftoken", "")
        return self.request(
            "POST", path, body, {"Content-Type": content_type, "X-CSRFToken": token}
        )

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**self.headers, **(headers or {}), "Cookie": cookies}
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        self.received = answer.headers
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer.status, content

    def save_product(self, form: "Form") -> float:
        """POST the product form; seconds until the redirect is there."""
        began = time.perf_counter()
        answer = self.post("/products/new/", form.body, form.content_type)
        seconds = time.perf_counter() - began
        content_of(answer, HTTPStatus.FOUND)
        return seconds

    def add_photo(self, product_id: int) -> int:
        """POST one photo to the images of a product; its image id."""
        form = Form(photos=1, fields={})
        path = f"/products/{product_id}/images/"
        content = content_of(self.post(path, form.body, form.content_type), HTTPStatus.CREATED)
        return int(json.loads(content)["images"][0]["id"])


def content_of(answer: tuple[int, bytes], expected: HTTPStatus = HTTPStatus.OK) -> bytes:
    """Raises RuntimeError when the answer has another status."""
    status, content = answer
    if status != expected:
        raise RuntimeError(f"answered with {status}, not {expected}: {content[:500]!r}")
    return content


PRODUCT = {"name": "Bowl", "description": "Stoneware", "price": "34.90", "status": "active"}


class Form:
    """A product form with photos, encoded before the clock starts."""

    def __init__(self, *, photos: int, fields: Mapping[str, str] = PRODUCT) -> None:
        parts: list[tuple[str, str | tuple[str, bytes, str]]] = [*fields.items()]
        parts += [("images", (f"photo-{n}.jpg", photo(), "image/jpeg")) for n in range(photos)]
        self.body, self.content_type = encode_multipart_formdata(parts)
