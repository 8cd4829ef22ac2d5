"""The product form: what one Save holds, and what becomes of it.

May import: bodies, cells, errors, images, limits, models, typed, variants.
"""
