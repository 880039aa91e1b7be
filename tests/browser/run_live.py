"""As run_buying.py."""

from test_page_live import *  # noqa: F401,F403
from test_board import *  # noqa: F401,F403
