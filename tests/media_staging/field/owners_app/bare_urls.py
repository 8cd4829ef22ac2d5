from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("", include("media_staging.urls")), path("admin/", admin.site.urls)]
