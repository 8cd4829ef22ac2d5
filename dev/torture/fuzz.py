"""The intake under mutated photos: the fuzzer of `tests/hostile/`, for five minutes."""

import os
import re
import subprocess
import sys
import tempfile

from dev.torture.pytest_run import ROOT
from dev.torture.table import Row

SECONDS = 300
INPUTS = re.compile(r"([0-9]+) inputs: (.+)")


def torture(seed: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.hostile", str(SECONDS), str(seed)],
            cwd=ROOT,
            env={**os.environ, "VAR_DIR": folder},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    told = INPUTS.search(ended.stdout)
    count, result = (int(told[1]), told[2]) if told else (0, "an input broke it; see above")
    return [Row("fuzz", "mutated photos", count, result, good=ended.returncode == 0 and count > 0)]
