"""Which address means what; and where a fault strikes."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

from dev.cloudinary.admin import AdminApi
from dev.cloudinary.answers import Refusal
from dev.cloudinary.assets import Assets
from dev.cloudinary.delivery import Delivery
from dev.cloudinary.faults import CONTROL, ERROR_PAGE, Fault, Faults
from dev.cloudinary.form import Form, read_form
from dev.cloudinary.signature import Account
from dev.cloudinary.upload import UploadApi
from dev.proxies.damage import reset_on_close
from dev.servers.http_server import Answer, QuietHandler, QuietServer

Work = Callable[[], Answer]


class Service(QuietServer):
    """One cloud: its API and its delivery on one port."""

    def __init__(
        self, port: int, folder: Path, account: Account, admin_limit: int, largest: int
    ) -> None:
        super().__init__(Handler, port)
        address = f"http://{self.address}/{account.cloud_name}"
        self.account = account
        self.assets = Assets(folder)
        self.uploads = UploadApi(account, self.assets, address, largest)
        self.admin = AdminApi(self.assets, address, admin_limit)
        self.delivery = Delivery(account, self.assets)
        self.faults = Faults()


class Broken(Exception):
    """The connection ends here, without an answer."""


class Handler(QuietHandler):
    server: Service

    def do_GET(self) -> None:
        self._serve(self._read)

    def do_POST(self) -> None:
        self._serve(self._write)

    def do_PUT(self) -> None:
        self._serve(self._control)

    # --- One request -----------------------------------------------------------------------------

    def _serve(self, work: Work) -> None:
        try:
            answer = work()
        except Refusal as refusal:
            answer = refusal.answer
        except (Broken, ConnectionError):
            reset_on_close(self.connection)
            self.close_connection = True
            return
        own = {"Server": "Cloudinary", "Date": self.date_time_string()}
        answer.headers.update({**own, "X-Request-Id": uuid4().hex})
        self.answer(answer)

    def _read(self) -> Answer:
        address = urlsplit(self.path)
        params = dict(parse_qsl(address.query))
        match address.path.lstrip("/").split("/", 4):
            case [control, "calls"] if control == CONTROL:
                return Answer.of(self.server.faults.calls())
            case ["v1_1", cloud, "resources", kind] | ["v1_1", cloud, "resources", kind, "upload"]:
                self._check_admin(cloud)
                return self._admin("resources", lambda: self.server.admin.resources(kind, params))
            case ["v1_1", cloud, "resources", kind, rest]:
                self._check_admin(cloud)
                _type, _slash, public_id = unquote(rest).partition("/")
                return self._admin("resource", lambda: self.server.admin.resource(kind, public_id))
            case ["v1_1", cloud, "ping"]:
                self._check_admin(cloud)
                return self._admin("ping", lambda: Answer.of({"status": "ok"}))
            case [cloud, kind, "upload", *rest] if rest:
                self.server.account.check_cloud(cloud)
                return self._delivered(kind, "/".join(rest))
        raise Refusal(404, f"Unknown address {address.path}")

    def _delivered(self, kind: str, path: str) -> Answer:
        return self._with_faults(
            "delivery", lambda: self.server.delivery.get(kind, path, self.headers)
        )

    def _write(self) -> Answer:
        # Whatever the answer is, the bytes are on their way.
        form = self._form()
        try:
            return self._written(form)
        finally:
            form.discard()

    def _written(self, form: Form) -> Answer:
        match urlsplit(self.path).path.lstrip("/").split("/"):
            case ["v1_1", cloud, kind, "upload"]:
                self.server.account.check_cloud(cloud)
                return self._with_faults(
                    "upload", lambda: self.server.uploads.upload(kind, form, self.headers), form
                )
            case ["v1_1", cloud, kind, "explicit"]:
                self.server.account.check_cloud(cloud)
                return self._with_faults(
                    "explicit", lambda: self.server.uploads.explicit(kind, form)
                )
            case ["v1_1", cloud, kind, "destroy"]:
                self.server.account.check_cloud(cloud)
                return self._with_faults("destroy", lambda: self.server.uploads.destroy(kind, form))
        raise Refusal(404, f"Unknown address {self.path}")

    def _control(self) -> Answer:
        told = json.loads(self.body())
        if self.path == f"/{CONTROL}/faults":
            self.server.faults.replace(told)
        else:
            self.server.admin.allowance.renew(told)
        return Answer.of({"result": "ok"})

    def _form(self) -> Form:
        length = int(self.headers.get("Content-Length", 0))
        content_type = self.headers.get("Content-Type", "")
        source = cast(BinaryIO, self.rfile)
        return read_form(source, length, content_type, self.server.assets.incoming)

    # --- The Admin API counts its calls -----------------------------------------------------------

    def _check_admin(self, cloud: str) -> None:
        self.server.account.check_login(self.headers.get("Authorization", ""))
        if cloud != self.server.account.cloud_name:
            raise Refusal(401, "cloud_name mismatch")

    def _admin(self, call: str, work: Work) -> Answer:
        headers = self.server.admin.allowance.use()
        try:
            answer = self._with_faults(call, work)
        except Refusal as refusal:
            answer = refusal.answer
        answer.headers = {**headers, **answer.headers}
        return answer

    # --- Faults ----------------------------------------------------------------------------------

    def _with_faults(self, call: str, work: Work, form: Form | None = None) -> Answer:
        fault = self.server.faults.strike(call)
        if fault is None:
            return work()
        match fault.do:
            case "refuse":
                raise Refusal(fault.status, fault.message, fault.headers)
            case "error-page":
                return Answer(fault.status, ERROR_PAGE, {"Content-Type": "text/html"})
            case "empty":
                return Answer.of({})
            case "slow":
                time.sleep(fault.seconds)
                return work()
            case "reset":
                raise Broken
            case "lose-answer":
                work()
                raise Broken
            case "lie":
                return lie(work(), fault)
            case "corrupt" if form is not None:
                form.spoil()
                return work()
        raise Refusal(500, f"{fault.do} on {call} is no fault that this server knows")


def lie(answer: Answer, fault: Fault) -> Answer:
    told = {**json.loads(answer.body), **fault.fields}
    return Answer.of({name: value for name, value in told.items() if value is not None})
