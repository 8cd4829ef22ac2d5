"""The site's addresses: the catalogue, the staged media, the accounts and the health checks."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(url="/products/")),
    path("products/", include("products.urls")),
    path("", include("media_staging.urls")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
