"""The local disk: one folder where acknowledged bytes are safe.

May import: conf, disk, errors, models.
"""
