"""The same shape as the catalogue of `products`, with Django's own file field."""

from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    status = models.CharField(max_length=8, choices=[("draft", "Draft"), ("active", "Active")])
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class ProductImage(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    file = models.FileField(upload_to="products")
    alt = models.CharField(max_length=255, blank=True)
    position = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.file.name or ""
