"""The API asked at length: the bounded suite of every change with more requests an operation.

python bench/fuzz.py [REQUESTS]
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    requests = sys.argv[1] if len(sys.argv) > 1 else "75"
    call = [sys.executable, "-m", "pytest", "-q", "tests/fuzz"]
    return subprocess.run(call, cwd=ROOT, env=os.environ | {"TRIMTAB_FUZZ": requests}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
