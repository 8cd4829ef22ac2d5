"""The variants of a product: read, checked, saved in bulk, shown as a table.

May import: bodies, cells, errors, limits, models, stencil, typed.
"""
