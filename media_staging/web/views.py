"""Stored files for everybody who knows a key, and the Sync page for staff."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from media_staging import disk, remotes
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.remotes import Remote
from media_staging.remotes.filesystem import FilesystemRemote
from media_staging.states import places
from media_staging.web import dashboard, requeue, serving

Status = StagedFile.Status


@require_safe
def media(request: HttpRequest, key: str) -> HttpResponseBase:
    """The local copy while there is one, then a redirect to the remote's: a url never breaks.

    With `?download` the browser saves the file under its own name.
    """
    file = find(key)
    save_as = file.name if "download" in request.GET else ""
    try:
        stored = staging.open_local(key)
    except FileNotFoundError:
        return moved(request, file, save_as)
    response = serving.answer(request, file, stored)
    if save_as:
        response["Content-Disposition"] = content_disposition_header(True, save_as)
    return response


def moved(request: HttpRequest, file: StagedFile, save_as: str = "") -> HttpResponse:
    """A redirect that no cache keeps for longer than the address it names works."""
    if file.status != Status.SYNCED:
        # The eviction of a copy and the flip of another try may lie between our two looks.
        file = find(file.key)
    if file.status != Status.SYNCED:
        raise Http404
    remote = remotes.at(file.place, file.remote)
    if remote is None:
        return not_reachable(request, "not_set_up", places.address_of(file))
    found = remotes.made(remote, address_and_life, remote, file, save_as)
    if found is None:
        return not_reachable(request, "no_address", remote.address)
    address, lifetime = found
    response = HttpResponseRedirect(address)
    seconds = 3600 if lifetime is None else max(0, int(min(3600, lifetime - 60)))
    response["Cache-Control"] = f"private, max-age={seconds}"
    return response


def address_and_life(remote: Remote, file: StagedFile, save_as: str) -> tuple[str, float | None]:
    """Raises what making an address raises."""
    if save_as:
        address = remote.download_url(file.key, file.remote_data, save_as)
    else:
        address = remote.url(file.key, file.remote_data)
    return address, remote.url_lifetime


def not_reachable(request: HttpRequest, reason: str, address: str) -> HttpResponse:
    """The bytes are where this process does not get to. Staff are told which place it is."""
    is_staff = getattr(request, "user", None) and getattr(request.user, "is_staff", False)
    context = {"reason": reason, "address": address if is_staff else ""}
    response = render(request, "media_staging/not_reachable.html", context, status=404)
    # It is there again as soon as the settings are repaired.
    add_never_cache_headers(response)
    return response


@require_safe
def remote_file(request: HttpRequest, key: str) -> HttpResponseBase:
    """A file of a folder, which has no server of its own."""
    file = find(key)
    remote = remotes.at(file.place, file.remote)
    if remote is None:
        return not_reachable(request, "not_set_up", places.address_of(file))
    if not isinstance(remote, FilesystemRemote):
        # An earlier answer, from before the file was moved.
        return redirect(file.local_url)
    try:
        stored = disk.open_file(remote.path(key))
    except (FileNotFoundError, disk.NoRegularFile) as error:
        raise Http404 from error
    return serving.answer(request, file, stored)


def find(key: str) -> StagedFile:
    if "\0" in key:
        # PostgreSQL does not even look for it.
        raise Http404
    file = StagedFile.objects.filter(key=key).exclude(status=Status.PURGING).first()
    if file is None:
        raise Http404
    return file


@require_safe
@login_required
def dashboard_page(request: HttpRequest) -> HttpResponse:
    refuse_without(request, "media_staging.view_stagedfile")
    return render(request, "media_staging/dashboard.html", dashboard.page_context())


@require_POST
@login_required
def retry_failed(request: HttpRequest) -> HttpResponse:
    refuse_without(request, "media_staging.change_stagedfile")
    count = requeue.retry_failed()
    text = ngettext("%(count)d file is tried now.", "%(count)d files are tried now.", count)
    messages.success(request, text % {"count": count})
    return redirect("media_staging:dashboard")


def refuse_without(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied unless the user is staff and has the permission."""
    user = request.user
    if not (user.is_active and getattr(user, "is_staff", False) and user.has_perm(permission)):
        raise PermissionDenied
