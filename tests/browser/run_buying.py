"""Some files on one house and in one browser: what starts them costs as much as
they do. Each runs alone, too."""

from test_page import *  # noqa: F401,F403
from test_page_line import *  # noqa: F401,F403
from test_page_plain import *  # noqa: F401,F403
