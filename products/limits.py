"""How much one product, and so one Save of it, may hold: every page and the settings know it."""

# Of a product, and of one request: as many go and come as there are.
MOST_VARIANTS = 5_000

# Of a variant the plain form sends id, seen, SKU, name, price, stock, delete. The rest: images.
MOST_FIELDS = 7 * MOST_VARIANTS + 10_000

# SKU and name in any script, as typed and as seen, with all that stands around them.
BYTES_OF_VARIANT = 2 * 3 * (64 + 200) + 300
MOST_BYTES = MOST_VARIANTS * BYTES_OF_VARIANT + 1024**2
