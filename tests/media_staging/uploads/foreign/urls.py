from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

from foreign import views

urlpatterns = [
    path("accounts/login/", LoginView.as_view(template_name="admin/login.html")),
    path("admin/", admin.site.urls),
    path("staged/", include("media_staging.urls")),
    path("reads/", views.reads),
    path("stores/", views.stores),
    path("streams/", views.streams),
    path("form/", views.model_form),
    path("stages/", views.stages),
    path("api/", views.Documents.as_view()),
    path("raw/<str:filename>", views.RawDocuments.as_view()),
]
