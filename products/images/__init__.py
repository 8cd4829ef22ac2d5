"""The images of a product: what changes them, what shows them.

May import: cells, errors, models, stencil.
"""
