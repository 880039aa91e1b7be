"""As run_buying.py."""

from test_page_time import *  # noqa: F401,F403
from test_page_troubles import *  # noqa: F401,F403
