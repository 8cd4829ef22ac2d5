from django.contrib import admin

from foreign.models import Document

admin.site.register(Document)
