"""The web servers being compared, each with a VAR_DIR of its own, and a client that signs in."""

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Self

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
    wsgi: Sequence[str] = ("--pythonpath", ".", "bench.plain.wsgi")


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
        self.connection = http.client.HTTPConnection(LOOPBACK, port, timeout=120)
        self.headers = {"X-Forwarded-Proto": "https", "Referer": f"https://{LOOPBACK}:{port}/"}
        self.cookies: dict[str, str] = {}

    def is_answered(self) -> bool:
        try:
            return self.request("GET", "/accounts/login/")[0] == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def sign_in(self) -> None:
        self.request("GET", "/accounts/login/")
        form = f"username={USER}&password={PASSWORD}".encode()
        status, _ = self.post("/accounts/login/", form, "application/x-www-form-urlencoded")
        if status != http.HTTPStatus.FOUND:
            raise RuntimeError(f"signing in was answered with {status}")

    def reconnect(self) -> None:
        """The next request opens a new connection, which any worker may get."""
        self.connection.close()

    def post(self, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        token = self.cookies.get("csrftoken", "")
        return self.request(
            "POST", path, body, {"Content-Type": content_type, "X-CSRFToken": token}
        )

    def etag(self, path: str) -> str:
        """What an answer is asked for again with."""
        self.connection.request("GET", path, headers={**self.headers, "Cookie": self.cookie_header})
        answer = self.connection.getresponse()
        answer.read()
        return answer.headers["ETag"]

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        headers = {**self.headers, **(headers or {}), "Cookie": self.cookie_header}
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer.status, content

    def save_product(self, form: "Form") -> float:
        """POST the product form; seconds until the redirect is there."""
        began = time.perf_counter()
        status, content = self.post("/products/new/", form.body, form.content_type)
        seconds = time.perf_counter() - began
        if status != http.HTTPStatus.FOUND:
            raise RuntimeError(f"the form was answered with {status}: {content[:500]!r}")
        return seconds

    def add_photo(self, product_id: int) -> int:
        """POST one photo to the images of a product; its image id."""
        form = Form(photos=1, fields={})
        path = f"/products/{product_id}/images/"
        status, content = self.post(path, form.body, form.content_type)
        if status != http.HTTPStatus.CREATED:
            raise RuntimeError(f"the photo was answered with {status}: {content[:500]!r}")
        return int(json.loads(content)["images"][0]["id"])


PRODUCT = {"name": "Bowl", "description": "Stoneware", "price": "34.90", "status": "active"}


class Form:
    """A product form with photos, encoded before the clock starts."""

    def __init__(self, *, photos: int, fields: Mapping[str, str] = PRODUCT) -> None:
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        lines = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        parts = ["".join(lines).encode()]
        for number in range(photos):
            head = (
                f"--{boundary}\r\nContent-Disposition: form-data; "
                f'name="images"; filename="photo-{number}.jpg"\r\n'
                "Content-Type: image/jpeg\r\n\r\n"
            )
            parts += [head.encode(), photo(), b"\r\n"]
        self.body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
