"""The images of a product: what changes them, what shows them.

May import: access, cells, errors, models, stencil, typed.
"""
