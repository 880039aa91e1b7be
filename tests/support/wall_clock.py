"""A wall clock that a test sets (see wallclock.c); the boot clock stays.

    clock = WallClock(path)
    with Lockd(**clock.environment):
        clock.set(3600)
"""

import mmap
import os
import struct
from pathlib import Path


class WallClock:
    """Its environment makes it a server's own, to be moved while that runs."""

    def __init__(self, path):
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self._offset = mmap.mmap(file.fileno(), 8)
        library = Path(os.environ["HOLDFAST_BUILD"],
                       "tests/support/wallclock.so")
        # A sanitizer's library wants to be the first; it need not be.
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.environment = {"LD_PRELOAD": str(library),
                            "WALLCLOCK": str(path),
                            "ASAN_OPTIONS": asan}

    def set(self, seconds):
        self._offset[:] = struct.pack("=q", seconds)
