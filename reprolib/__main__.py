"""`python -m reprolib`: the command line of the book."""

import sys

from reprolib.cli import main

sys.exit(main())
