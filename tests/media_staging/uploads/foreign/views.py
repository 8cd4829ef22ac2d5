"""Views as the tutorials write them: none knows anything of our errors."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from rest_framework import serializers
from rest_framework.parsers import FileUploadParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foreign.models import Document
from media_staging import stage


def reads(request: HttpRequest) -> HttpResponse:
    data = request.FILES["file"].read()
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(exist_ok=True)
    (folder / "read.bin").write_bytes(data)
    return redirect("/")


def stores(request: HttpRequest) -> HttpResponse:
    default_storage.save("stored.bin", request.FILES["file"])
    return redirect("/")


async def streams(request: HttpRequest) -> HttpResponse:
    default_storage.save("streamed.bin", request.FILES["file"])
    return redirect("/")


class DocumentForm(forms.ModelForm):
    class Meta:
        model = Document
        fields = ("title", "file", "picture")


def model_form(request: HttpRequest) -> HttpResponse:
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        form.save()
        return redirect("/")
    return HttpResponse(form.as_p())


def stages(request: HttpRequest) -> HttpResponse:
    stage(request.FILES["file"], images_only=True)
    return redirect("/")


class DocumentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Document
        fields = ("title", "file", "picture")


class Documents(APIView):
    parser_classes = (MultiPartParser,)
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        serializer = DocumentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data, status=201)

    put = post


class RawDocuments(APIView):
    """The body is the file."""

    parser_classes = (FileUploadParser,)
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, **kwargs: Any) -> Response:
        Document.objects.create(file=request.data["file"])
        return Response(status=201)
