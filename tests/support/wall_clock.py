"""A wall clock that a test sets: Debian's libfaketime, which leaves the boot
clock alone. The file's text is read at each look at the clock.

    clock = WallClock(path)
    with Lockd(**clock.environment):
        clock.set(3600)
"""

import os


class WallClock:
    """Its environment makes it a server's own, to be moved while that runs."""

    def __init__(self, path):
        self.path = path
        # By the name that the loader finds: the folder is the architecture's.
        self.environment = {
            "LD_PRELOAD": "/usr/$LIB/faketime/libfaketimeMT.so.1",
            "FAKETIME_TIMESTAMP_FILE": str(path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")
            + ":verify_asan_link_order=0",
        }
        self.set(0)

    def set(self, seconds):
        new = self.path.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.path)
