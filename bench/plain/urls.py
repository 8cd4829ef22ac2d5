from django.urls import include, path

from bench.plain.views import product_new

urlpatterns = [
    path("accounts/", include("django.contrib.auth.urls")),
    path("products/new/", product_new),
]
