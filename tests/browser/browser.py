# SPDX-License-Identifier: Apache-2.0
"""A real Chromium without a window, and what every page must keep: no error on the console, no
request to anywhere but its own address, no accessibility violation that axe-core knows."""
import json
import pathlib
import shutil
import sys
import tempfile
import time

SKIPPED = 77  # what ctest takes as "not tested here"

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
except ImportError:
    sys.exit(SKIPPED)

AXE = pathlib.Path(__file__).resolve().parents[2] / "third_party/axe-core/axe.min.js"
SWITCHES = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
  --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage""".split()


class Browser:
    def __init__(self):
        program, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not program or not driver:
            sys.exit(SKIPPED)
        self.profile = tempfile.TemporaryDirectory(prefix="neuralpower-browser-", ignore_cleanup_errors=True)
        options = Options()
        options.binary_location = program
        for switch in SWITCHES + [f"--user-data-dir={self.profile.name}"]:
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(driver), options=options)
        self.failures = []

    def close(self):
        self.driver.quit()
        self.profile.cleanup()

    def open(self, address, width=1360, height=900, theme="light"):
        """Opens a page afresh, as on a screen of that size in a system of that theme."""
        self.device("Emulation.setDeviceMetricsOverride",
                    width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.device("Emulation.setEmulatedMedia",
                    features=[{"name": "prefers-color-scheme", "value": theme}])
        self.driver.get(address)

    def device(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self, selector):
        return self.js("return document.querySelector(arguments[0]).textContent", selector)

    def count(self, selector):
        return self.js("return document.querySelectorAll(arguments[0]).length", selector)

    def click(self, selector):
        self.js("document.querySelector(arguments[0]).click()", selector)
        self.settle()

    def choose(self, selector, value):
        self.js("const box = document.querySelector(arguments[0]); box.value = arguments[1];"
                "box.dispatchEvent(new Event('change', {bubbles: true}));"
                "box.dispatchEvent(new Event('input', {bubbles: true}))", selector, value)
        self.settle()

    def key(self, selector, *keys):
        for key in keys:
            self.js("const e = document.querySelector(arguments[0]); e.focus();"
                    "e.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[1], bubbles: true}))",
                    selector, key)
        self.settle()

    def settle(self):
        """Until the page has drawn what it was told."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))")

    def until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return self.check(False, f"{what}: not within {seconds} s")
            time.sleep(0.05)
        return True

    def check(self, holds, what):
        if not holds:
            self.failures.append(what)
            print(f"FAILED: {what}")
        return bool(holds)

    def equal(self, got, wanted, what):
        return self.check(got == wanted, f"{what}: {got!r} instead of {wanted!r}")

    def check_quiet(self, what, home):
        """Nothing on the console, no request outside `home` since the last time it was asked."""
        for entry in self.driver.get_log("browser"):
            self.check(False, f"{what}: console: {entry['message'][:300]}")
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] != "Network.requestWillBeSent":
                continue
            if message["params"]["documentURL"].startswith("chrome"):
                continue  # the browser's own new tab
            address = message["params"]["request"]["url"]
            self.check(address.startswith((home, "data:", "blob:")), f"{what}: asks for {address[:200]}")

    def check_accessible(self, what):
        self.js(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((r) => done(r.violations.map((v) =>"
            " v.id + ': ' + v.help + ' at ' + v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(', ')))"
            ", (e) => done(['axe: ' + e]))")
        for violation in found:
            self.check(False, f"{what}: {violation}")
