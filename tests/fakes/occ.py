"""`occ` of the fake Nextcloud: `python occ.py ADDRESS COMMAND WORD...`."""

import json
import sys
from urllib.request import urlopen


def main() -> None:
    """Type the command there, print what it prints and end as it does."""
    address, *words = sys.argv[1:]
    with urlopen(f"{address}/occ", json.dumps(words).encode(), timeout=60) as answer:
        told = json.load(answer)
    sys.stdout.write(told["printed"] + "\n")
    raise SystemExit(told["code"])


if __name__ == "__main__":
    main()
