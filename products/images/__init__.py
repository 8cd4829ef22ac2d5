"""The images of a product: what changes them, what shows them.

May import: access, errors, models, stencil.
"""
