"""`python -m openconnector.cli` is the same as `openconnector`."""

from openconnector.cli import main

if __name__ == "__main__":
    main()
