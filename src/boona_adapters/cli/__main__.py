"""The command line as ``python -m boona_adapters.cli``."""

import sys

from boona_adapters.cli import main

if __name__ == "__main__":
    sys.exit(main())
