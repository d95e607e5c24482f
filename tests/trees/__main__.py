"""`python -m trees FOLDER`, run inside tests/, writes all trees into FOLDER."""

import sys
from pathlib import Path

from trees import FAMILIES, write_all

if len(sys.argv) != 2:
    sys.exit("usage: python -m trees FOLDER")
print(f"{write_all(Path(sys.argv[1]))}: {', '.join(FAMILIES)}")
