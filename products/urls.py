"""The addresses of the catalogue, mounted at `/products/`."""

from django.urls import path

from products import json_api, views

app_name = "products"
urlpatterns = [
    path("", views.product_list, name="list"),
    path("new/", views.product_new, name="create"),
    path("new/<int:pk>/", views.product_unsaved, name="unsaved"),
    path("unsaved/", json_api.unsaved_product, name="make_unsaved"),
    path("<int:pk>/", views.product_detail, name="detail"),
    path("<int:pk>/delete/", views.product_delete, name="delete"),
    path("<int:pk>/images/", json_api.product_images, name="images"),
    path("<int:pk>/reorder-images/", json_api.reorder_images, name="reorder_images"),
    path("<int:pk>/variants/", json_api.product_variants, name="variants"),
    path("images/<int:pk>/", json_api.image_detail, name="image_detail"),
    path("images/<int:pk>/delete/", json_api.image_delete, name="image_delete"),
    path("images/<int:pk>/restore/", json_api.image_restore, name="image_restore"),
    path("images/<int:pk>/retry/", json_api.image_retry, name="image_retry"),
    path("images/<int:pk>/replace/", json_api.image_replace, name="image_replace"),
]
