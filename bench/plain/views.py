"""One form, saved the way the tutorials do it."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect

from bench.plain.models import Product, ProductImage


class ProductForm(forms.ModelForm):
    class Meta:
        model = Product
        fields = ["name", "description", "price", "status"]


@login_required
@permission_required("plain.add_product", raise_exception=True)
def product_new(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_json())
    with transaction.atomic():
        product = form.save()
        for position, upload in enumerate(request.FILES.getlist("images")):
            ProductImage(product=product, file=upload, position=position).save()
    messages.success(request, "Product saved.")
    return redirect(f"/products/{product.pk}/")
