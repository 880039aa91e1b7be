"""A disk that misbehaves on request, for one process (see baddisk.c).

    with BadDisk() as disk:
        with Lockd(**disk.environment) as server:
            disk.fail("pwrite", errno.ENOSPC)
            ...
            disk.heal("pwrite")
"""

import os
import shutil
import tempfile
from pathlib import Path


class BadDisk:
    def __init__(self):
        self.dir = Path(tempfile.mkdtemp(prefix="bd-"))
        self.dir.chmod(0o755)
        library = Path(os.environ["HOLDFAST_BUILD"], "tests/support/baddisk.so")
        # A sanitizer's library wants to be the first; it need not be.
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.environment = {"LD_PRELOAD": str(library),
                            "BADDISK": str(self.dir),
                            "ASAN_OPTIONS": asan}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir)

    def _order(self, call, text):
        new = self.dir / "new"
        new.write_text(text)
        new.rename(self.dir / call)  # never seen half written

    def fail(self, call, error, times=0):
        """The call gives this errno, so many times; 0: until healed."""
        self._order(call, f"fail {error} {times}")

    def kill(self, call, nth):
        """The process dies instead of making the nth of these calls."""
        self._order(call, f"kill {nth}")

    def slow(self, call, seconds):
        self._order(call, f"slow {round(seconds * 1000)}")

    def heal(self, call):
        (self.dir / call).unlink()

    def watch(self):
        """From now on the calls of the process's first thread are noted."""
        (self.dir / "watch").touch(mode=0o666)

    def watched(self):
        """Which those were; and no more are noted."""
        calls = (self.dir / "watch").read_text().split()
        (self.dir / "watch").unlink()
        return calls
