"""Chromium from Debian's packages, headless, driven by selenium.

    with Browser(port) as page:
        page.take(4)
        page.wait(lambda: page.seconds_left() < 90, "the countdown")

Seats are named by their ordinals, as the page's data-seat has them; a ticket
of the default event has its number for one.
"""

import pathlib
import re
import shutil
import tempfile

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from servers import build_path
from web import wait_until

FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update
    --disable-sync --disable-dev-shm-usage --hide-scrollbars
""".split() + ["--host-resolver-rules=MAP tickets.example 127.0.0.1"]
WAIT_SECONDS = 30

# window.spoil[part of a path] = "lose": the call is made, its answer is lost;
# {"status", "body"}: that is the answer, and no call is made; "wait": the call
# is made when spoil has no such entry any more. window.deaf: no live stream.
SPOILED = """
    window.spoil = {};
    const real = window.fetch.bind(window);
    const mended = (key) => new Promise((done) => {
        const timer = setInterval(() => {
            if (key in window.spoil) return;
            clearInterval(timer);
            done();
        }, 20);
    });
    window.fetch = async (path, options) => {
        const key = Object.keys(window.spoil).find((k) => String(path).includes(k));
        const how = window.spoil[key];
        if (how === undefined) return real(path, options);
        if (how === "wait") return mended(key).then(() => real(path, options));
        if (how !== "lose") return new Response(how.body, { status: how.status });
        await real(path, options);
        throw new TypeError("the answer was lost");
    };
"""
DEAF = """
    delete window.SharedWorker;
    window.EventSource = class { addEventListener() {} close() {} };
"""


class Browser:
    """One browser with a profile of its own, on the page of a running sale."""

    def __init__(self, port, trace=None):
        """trace: what the log "performance" has of the browser's own trace."""
        self.profile = tempfile.mkdtemp(prefix="hf-chrome-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        logs = {"browser": "ALL"}
        if trace is not None:
            logs["performance"] = "ALL"
            options.add_experimental_option(
                "perfLoggingPrefs", {"traceCategories": trace}
            )
        options.set_capability("goog:loggingPrefs", logs)
        self.driver = webdriver.Chrome(
            service=Service("/usr/bin/chromedriver"), options=options
        )
        self.driver.set_window_size(1280, 1000)
        self.driver.set_script_timeout(WAIT_SECONDS)
        # A page whose files never come fails its test, and does not stop it.
        self.driver.set_page_load_timeout(WAIT_SECONDS)
        self.origin = f"http://127.0.0.1:{port}"
        self.event = "default"
        self._scripts = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    # -- pages -------------------------------------------------------------

    def open(self, event=None, view="list", path=None):
        """The page of an event, when it shows its seats in this view."""
        self.event = event or self.event
        self.driver.get(self.origin + (path or f"/?event={self.event}"))
        if path is None and view is not None:
            self.wait(lambda: self.all("#sale:not([hidden])"), "the sale")
            self.wait(lambda: self.text("#link-text") != "Connecting", "a state")
            self.show(view)
        return self

    def show(self, view):
        """The seats as "map" or "list"; an event without a plan has a list."""
        tab = self.driver.find_element(By.ID, f"tab-{view}")
        if tab.is_displayed():
            tab.click()

    def forget(self):
        """As a browser that was never here: one tab, no cookie, no storage."""
        first, *others = self.driver.window_handles
        for handle in others:
            self.driver.switch_to.window(handle)
            self.driver.close()
        self.driver.switch_to.window(first)
        for script in self._scripts:
            self.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        self._scripts = []
        self.driver.get(self.origin + "/icon.svg")
        self.cdp("Storage.clearDataForOrigin", origin=self.origin, storageTypes="all")
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Emulation.setEmulatedMedia", features=[], media="")
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setTimezoneOverride", timezoneId="")
        self.driver.get_log("browser")

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def before_pages(self, source):
        """A script that runs before those of every page opened from now on."""
        done = self.cdp("Page.addScriptToEvaluateOnNewDocument", source=source)
        self._scripts.append(done["identifier"])

    def emulate(self, width=None, height=900, touch=False, media="", **features):
        """A screen and a person's preferences: prefers_color_scheme="dark"."""
        if width is not None:
            self.cdp(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=1,
                mobile=touch,
            )
        named = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.cdp("Emulation.setEmulatedMedia", features=named, media=media)

    def spoil(self, part, how):
        self.run("spoil[arguments[0]] = arguments[1]", part, how)

    def mend(self):
        self.run("spoil = {}")

    # -- waiting and looking -----------------------------------------------

    def wait(self, condition, what, seconds=WAIT_SECONDS):
        """Until condition() is true; an element that went meanwhile is not."""

        def holds():
            try:
                return condition()
            except (WebDriverException, IndexError):
                return None

        try:
            return wait_until(holds, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.state()}") from None

    def state(self):
        """What a failed test wants to know."""
        seen = self.run("return document.body.innerText")
        return f"{self.driver.current_url}\n{seen}\n{self.driver.get_log('browser')}"

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """What is seen of it. It may be replaced while it is read."""
        try:
            return self.one(selector).text
        except StaleElementReferenceException:
            return self.one(selector).text

    def link(self):
        return self.text("#link-text")

    def notice(self):
        return self.text("#notice-text")

    def click(self, selector):
        """What can be pressed, as soon as it can."""
        ready = f'{selector}:not([aria-disabled="true"])'
        shown = lambda: [e for e in self.all(ready) if e.is_displayed()]
        self.wait(lambda: shown()[0], f"{selector} can be pressed").click()

    def press(self, name):
        """Presses what has this id, whatever lies over it (the warning)."""
        self.run("document.getElementById(arguments[0]).click()", name)

    def key(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def focused(self):
        """What has the focus: its id, the seat it stands for, or its name."""
        return self.run(
            """
            const e = document.activeElement;
            return e.id || (e.dataset.seat && `seat ${e.dataset.seat}`) ||
                e.getAttribute("aria-label") || e.textContent;
            """
        )

    # -- seats -------------------------------------------------------------

    def unfold(self):
        """Opens every section and row of the list."""
        self.run(
            """
            const closed = () =>
                document.querySelector("#list li:not([hidden]) > [aria-expanded=false]");
            while (closed()) closed().click();
            """
        )

    def offered(self):
        """The seats that the list offers."""
        self.unfold()
        return self.run(
            "return [...document.querySelectorAll('#list [data-seat]:not(.mine)')]"
            ".map((e) => Number(e.dataset.seat))"
        )

    def offer(self, seat):
        """The list's button of a seat."""
        self.unfold()
        ready = f'#list [data-seat="{seat}"]:not([aria-disabled="true"])'
        return self.wait(lambda: self.all(ready)[0], f"seat {seat} is offered")

    def cell(self, seat):
        """The map's element of a seat."""
        cells = lambda: self.all(f'.cell[data-seat="{seat}"]')
        return self.wait(lambda: cells()[0], f"seat {seat} is on the map")

    def held(self):
        """The seats in the basket."""
        return self.run(
            "return [...document.querySelectorAll('#holds [data-ordinal]')]"
            ".map((e) => Number(e.dataset.ordinal)).sort((a, b) => a - b)"
        )

    def take(self, seat):
        self.offer(seat).click()
        self.wait(lambda: seat in self.held(), f"seat {seat} is held")

    def give_back(self, seat):
        hold = f'//li[contains(@class, "hold")][.//*[@data-ordinal="{seat}"]]'
        button = f"{hold}//button[not(@aria-disabled='true')]"
        find = lambda: self.driver.find_elements(By.XPATH, button)[0]
        self.wait(find, "it can be given back").click()

    def book(self):
        """Books the basket; the numbers of the orders that the page shows."""
        self.click("#book")
        return self.ordered()

    def ordered(self):
        numbers = lambda: [e.text for e in self.all(".number dd")]
        self.wait(numbers, "the order page")
        return numbers()

    def seconds_left(self):
        """What the countdown shows."""
        minutes, seconds = re.fullmatch(r"(\d+):(\d\d)", self.text("#clock")).groups()
        return 60 * int(minutes) + int(seconds)

    # -- judging -----------------------------------------------------------

    def problems(self):
        """What the browser complained of: errors, policy violations."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]

    def axe(self):
        """What axe-core has against the page as it is, by rule and place."""
        path = build_path("tests/clients/node/node_modules/axe-core/axe.min.js")
        self.run(pathlib.Path(path).read_text())
        return self.driver.execute_async_script(
            """
            const done = arguments[0];
            axe.run({ resultTypes: ["violations"] }).then((found) =>
                done(found.violations.map((v) => [v.id, v.nodes.map((n) => n.html)])));
            """
        )

    def screenshot(self, path=None):
        png = self.driver.get_screenshot_as_png()
        if path is not None:
            pathlib.Path(path).write_bytes(png)
        return png
