"""Somebody else's project: Django's own file fields, under the handlers that README recommends."""
