"""Chromium from Debian's packages, headless, driven by selenium.

    with Browser(port) as page:
        page.reserve("4")
        page.wait(lambda: page.clock("4"), "the countdown")
"""

import pathlib
import re
import shutil
import tempfile

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from web import wait_until

FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update
    --disable-sync --disable-dev-shm-usage
""".split()
WAIT_SECONDS = 30


class Browser:
    """One browser with a profile of its own, on the page of a running sale."""

    def __init__(self, port):
        self.profile = tempfile.mkdtemp(prefix="hf-chrome-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(
            service=Service("/usr/bin/chromedriver"), options=options
        )
        self.driver.set_window_size(1100, 900)
        self.url = f"http://127.0.0.1:{port}/"

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *_):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self):
        self.driver.get(self.url)

    def wait(self, condition, what):
        """Until condition() is true; an element that went meanwhile is not."""

        def holds():
            try:
                return condition()
            except (WebDriverException, IndexError):
                return None

        return wait_until(holds, WAIT_SECONDS, what)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def button(self, label):
        """The button of this accessible name, once it can be pressed."""
        ready = ':not([aria-disabled="true"])'
        selector = f'button[aria-label="{label}"]{ready}'
        return self.wait(lambda: self.all(selector)[0], f"a button {label!r}")

    def focused(self):
        return self.driver.switch_to.active_element.get_attribute("aria-label")

    def offered(self):
        """The ids that can be reserved, as shown."""
        return [e.text for e in self.all("#available .ticket-id")]

    def held(self):
        return [e.get_attribute("data-id") for e in self.all("#holds .hold")]

    def booked(self):
        return [e.get_attribute("data-id") for e in self.all("#booked li")]

    def notice(self):
        return self.text("#notice")

    def seconds_left(self, ticket):
        """What the countdown of a hold shows, in seconds."""
        shown = self.text(f'#holds [data-id="{ticket}"] .hold-clock')
        minutes, seconds = re.fullmatch(r"(\d+):(\d\d)", shown).groups()
        return 60 * int(minutes) + int(seconds)

    def reserve(self, ticket):
        self.button(f"Reserve ticket {ticket}").click()
        self.wait(lambda: ticket in self.held(), f"ticket {ticket} is held")

    def problems(self):
        """What the browser complained of: errors, policy violations."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(self.driver.get_screenshot_as_png())
