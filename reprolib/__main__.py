"""`python -m reprolib`: the command line of the book."""

import sys

from reprolib.book.cli import main

sys.exit(main())
