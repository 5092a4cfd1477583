"""`occ` of the fake Nextcloud: `python occ.py ADDRESS COMMAND WORD...`."""

import sys

import httpx


def main() -> None:
    """Type the command there, print what it prints and end as it does."""
    address, *words = sys.argv[1:]
    told = httpx.post(f"{address}/occ", json=words, timeout=60).json()
    sys.stdout.write(told["printed"] + "\n")
    raise SystemExit(told["code"])


if __name__ == "__main__":
    main()
