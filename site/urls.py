"""The site's addresses: the catalogue, the staged media, the accounts and the health checks."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(url="/products/"), name="home"),
    path("products/", include("products.urls")),
    path("", include("media_staging.urls")),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]

# Told to the person in the page design: a body that cannot be read, a forged header.
handler400 = "products.access.bad_request"
