"""Addresses of the app: stored files, the Sync page, and what machines ask for."""

from django.urls import path

from media_staging.web import monitoring, views

app_name = "media_staging"
urlpatterns = [
    path("media/<path:key>", views.media, name="media"),
    path("remote-media/<path:key>", views.remote_file, name="remote_file"),
    path("staging/", views.dashboard_page, name="dashboard"),
    path("staging/retry-failed/", views.retry_failed, name="retry_failed"),
    path("healthz", monitoring.healthz, name="healthz"),
    path("readyz", monitoring.readyz, name="readyz"),
    path("metrics", monitoring.metrics, name="metrics"),
]
