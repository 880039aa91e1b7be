"""As run_buying.py."""

from test_page_looks import *  # noqa: F401,F403
from test_page_map import *  # noqa: F401,F403
