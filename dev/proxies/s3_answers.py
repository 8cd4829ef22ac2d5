"""How S3, and what stands in front of it, turns requests away: behaviours for the `FaultProxy`.

The answer to a HEAD has no body, whatever it is; the proxy sees to that.
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from http import HTTPStatus
from xml.sax.saxutils import escape

from dev.proxies.http import Behaviour, Forward, Request
from dev.servers.http_server import Answer

METHODS = ("HEAD", "GET", "PUT", "POST", "DELETE")


def s3_error(status: int, code: str, message: str = "", **fields: str) -> Behaviour:
    """An error of S3's own; `fields` are further elements of it, such as Region."""
    told = {"Code": code, "Message": message or f"{code} said S3", **fields}
    elements = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in told.items())
    answer = Answer(
        status, f"<Error>{elements}</Error>".encode(), {"Content-Type": "application/xml"}
    )
    return lambda _request, _forward: answer


def gateway(status: int, **headers: str) -> Behaviour:
    """A page of whoever stands in between; a header is named with underscores."""
    phrase = HTTPStatus(status).phrase
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    page = f"<html><head><title>{phrase}</title></head><body><h1>{phrase}</h1><hr></body></html>"
    answer = Answer(status, page.encode(), {"Content-Type": "text/html", **told})
    return lambda _request, _forward: answer


def redirect(status: int, location: str) -> Behaviour:
    """With nothing but the address, and nothing to read."""
    answer = Answer(status, b"", {"Location": location})
    return lambda _request, _forward: answer


def only(name: str, behaviour: Behaviour) -> Behaviour:
    """The behaviour for requests in whose path the name occurs; others are answered as usual."""

    def answer(request: Request, forward: Forward) -> Answer | None:
        return behaviour(request, forward) if name in request.path else forward(request)

    return answer


def no_list_bucket(request: Request, forward: Forward) -> Answer | None:
    """Credentials without s3:ListBucket: what is missing is answered like what is forbidden.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    denied = s3_error(403, "AccessDenied", "Access Denied")
    path, _, query = request.path.partition("?")
    is_about_the_bucket = "/" not in path.strip("/") and request.method in ("HEAD", "GET")
    if is_about_the_bucket or "list-type=" in query:
        return denied(request, forward)
    answer = forward(request)
    asks = request.method in ("HEAD", "GET")
    return denied(request, forward) if asks and answer.status == 404 else answer
