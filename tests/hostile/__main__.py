"""`python -m tests.hostile SECONDS [SEED]`: fuzz the intake; it ends with what it finds."""

import os
import random
import sys

import django


def main(seconds: float, seed: int) -> None:
    sys.path.insert(1, "site")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    django.setup()
    from tests.hostile.fuzz import fuzz, weigh
    from tests.hostile.heavy import HEAVY

    for name, make in HEAVY.items():
        print(f"heavy: {name}", flush=True)
        weigh(make())
    print(f"seed {seed}", flush=True)
    print(fuzz(seconds, seed))


if __name__ == "__main__":
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**9)
    main(float(sys.argv[1]), chosen)
