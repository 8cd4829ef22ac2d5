"""Names inside sentences, whichever way they are written."""

from django import template

from products.typed import isolated

register = template.Library()
register.filter("isolated", isolated)
