"""`python -m sepedu` is the command `sepedu`."""

import sys

from .cli import main

sys.exit(main())
