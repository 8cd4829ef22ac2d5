"""The audit against a vulnerability service of our own, which speaks the protocol of OSV."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import audit
from dev.ports import LOOPBACK, free_port, release
from dev.servers.http_server import Answer, QuietHandler, QuietServer

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


class Osv(QuietHandler):
    def do_POST(self) -> None:
        known = json.loads(self.body())["package"]["name"] == VULNERABLE
        self.answer(Answer.of({"vulns": [ADVISORY]} if known else {}))


@pytest.fixture
def service() -> Iterator[str]:
    with QuietServer(Osv) as server:
        yield f"http://{server.address}/v1/query"


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
