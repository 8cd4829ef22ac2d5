"""The audit against a vulnerability service of our own, which speaks the protocol of OSV."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dev import audit
from dev.ports import LOOPBACK, free_port, release

VULNERABLE = "jmespath"
ADVISORY = {
    "id": "PYSEC-2030-1",
    "summary": "it does as it is told",
    "affected": [
        {
            "package": {"name": VULNERABLE, "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


class Osv(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = asked["package"]["name"] == VULNERABLE
        body = json.dumps({"vulns": [ADVISORY]} if known else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Not on the tests' output."""


@pytest.fixture
def service() -> Iterator[str]:
    with ThreadingHTTPServer((LOOPBACK, 0), Osv) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://{LOOPBACK}:{server.server_port}/v1/query"
        server.shutdown()


def listed(folder: Path, *pins: str) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text("\n".join(pins))
    return requirements


def test_what_is_known_fails_the_audit(
    service: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(service, listed(tmp_path, "six==1.17.0", f"{VULNERABLE}==1.1.0")) == 1
    told = capsys.readouterr().out
    assert f"{VULNERABLE} 1.1.0: PYSEC-2030-1, repaired in 99.0" in told
    assert "2 packages, 1 with known vulnerabilities" in told


def test_nothing_known_passes(
    service: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(service, listed(tmp_path, "six==1.17.0")) == 0
    assert "1 packages, 0 with known vulnerabilities" in capsys.readouterr().out


def test_a_service_that_cannot_be_reached_is_named_and_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    try:
        address = f"http://{LOOPBACK}:{port}/v1/query"
        assert audit.main(address, listed(tmp_path, "six==1.17.0")) == 0
    finally:
        release(port)
    told = capsys.readouterr().out
    assert f"NOT DONE, {address} cannot be used" in told
