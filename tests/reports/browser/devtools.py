"""Debian's Chromium, driven over a pipe by the DevTools protocol (chromedevtools.github.io/devtools-protocol).

One browser serves many tests, one after the other in one page: a new one costs more than what is shown in it. The
protocol is JSON, each message ended by a NUL byte, on
the browser's file descriptors 3 and 4. No dependency is needed for that.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 120.0  # for one answer
FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-extensions", "--disable-sync", "--disable-background-networking", "--disable-component-update",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio", "--force-color-profile=srgb",
    "--font-render-hinting=none", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
NOISE = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening")


class BrowserError(Exception):
    """The browser refused a command, did not answer, or died."""


def chromium() -> str | None:
    return shutil.which("chromium")


class Browser:
    """Started by :meth:`start`, ended by :meth:`close`."""

    def __init__(self, process: subprocess.Popen[bytes], reading: int, writing: int) -> None:
        self._process, self._reading, self._writing = process, reading, writing
        self._buffer, self._number = b"", 0
        self._page: Page | None = None
        self.events: list[dict[str, Any]] = []

    @classmethod
    def start(cls, folder: Path) -> "Browser":
        """``folder`` is its profile: an empty one of ours."""
        reads, writing = os.pipe()
        reading, writes = os.pipe()
        root = ("--no-sandbox",) if os.geteuid() == 0 else ()
        command = [chromium() or "chromium", *FLAGS, *root, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{reads} 4>&{writes}', "bash", *command],  # dash knows no fd above 9
            pass_fds=(reads, writes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "HOME": str(folder)},
        )
        os.close(reads)
        os.close(writes)
        return cls(process, reading, writing)

    def close(self) -> None:
        with suppress(BrowserError, OSError):
            self.call("Browser.close")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._reading)
        os.close(self._writing)

    def call(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        self._number += 1
        wanted = self._number
        message: dict[str, Any] = {"id": wanted, "method": method, "params": parameters}
        os.write(self._writing, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        end = time.monotonic() + SECONDS
        while True:
            told = self._next(end, method)
            if told.get("id") == wanted:
                break
            self.events.append(told)
        if "error" in told:
            raise BrowserError(f"{method}: {told['error'].get('message')}")
        return dict(told["result"])

    def wait_for(self, method: str, session: str) -> dict[str, Any]:
        """The first such event that has not been taken yet."""
        end = time.monotonic() + SECONDS
        while True:
            for n, told in enumerate(self.events):
                if told["method"] == method and told.get("sessionId") == session:
                    return dict(self.events.pop(n)["params"])
            self.events.append(self._next(end, method))

    def _next(self, end: float, what: str) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._reading], [], [], left)[0]:
                raise BrowserError(f"{what}: no answer within {SECONDS:.0f} s")
            part = os.read(self._reading, 1 << 20)
            if not part:
                raise BrowserError(f"{what}: the browser has ended")
            self._buffer += part
        told, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(told))

    @contextmanager
    def page(self, **seen: Any) -> Iterator["Page"]:  # noqa: ANN401 (as looks() has them)
        """The page, empty again, with nothing said in it yet; ``seen`` as :meth:`Page.looks` takes it."""
        page = self._page or self._opened()
        self._page = None  # kept only if all goes well
        page.looks()
        page.call("Page.navigate", url="about:blank")
        page.wait_loaded()
        self.events.clear()
        page.looks(**seen)
        yield page
        self._page = page

    def _opened(self) -> "Page":
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        page = Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        return page


@dataclass
class Page:
    browser: Browser
    session: str
    width: int = field(default=1280)

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        return self.browser.call(method, self.session, **parameters)

    def looks(
        self,
        *,
        scheme: str = "light",
        media: str = "screen",
        width: int = 1280,
        height: int = 900,
        zoom: float = 1,
        scripts: bool = True,
    ) -> None:
        """``width`` in CSS px; ``zoom`` 2 halves the space as the browser's own zoom does."""
        self.width = round(width / zoom)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=self.width, height=round(height / zoom), deviceScaleFactor=zoom, mobile=False,
        )  # fmt: skip
        self.call(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def open(self, path: Path, hash_: str = "") -> None:
        self.call("Page.navigate", url=f"{path.as_uri()}{hash_}")
        self.wait_loaded()

    def wait_loaded(self) -> None:
        self.browser.wait_for("Page.loadEventFired", self.session)

    def run(self, script: str) -> Any:  # noqa: ANN401 (whatever the script gives)
        """What the expression gives, awaited. Raises :class:`BrowserError` when it throws."""
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise BrowserError(json.dumps(told["exceptionDetails"])[:2000])
        return told["result"].get("value")

    def press(self, key: str, text: str = "", *, shift: bool = False) -> None:
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        common = {"key": key, "modifiers": 8 if shift else 0, "windowsVirtualKeyCode": codes.get(key, 0)}
        self.call(
            "Input.dispatchKeyEvent", type="keyDown", text=text or {"Enter": "\r", " ": " "}.get(key, ""), **common
        )
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def picture(self, path: Path, *, whole: bool = False, most: int = 30_000) -> None:
        clip = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            box = {"x": 0, "y": 0, "width": self.width, "height": min(size["height"], most), "scale": 1}
            clip = {"clip": box, "captureBeyondViewport": True}
        told = self.call("Page.captureScreenshot", format="png", **clip)
        path.write_bytes(base64.b64decode(told["data"]))

    def paper(self, path: Path) -> None:
        told = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(told["data"]))

    def noise(self) -> list[str]:
        """Everything that was said on the console, thrown, or asked of the person."""
        mine = (e for e in self.browser.events if e.get("sessionId") == self.session)
        return [json.dumps(e)[:400] for e in mine if e["method"] in NOISE]

    def requests(self) -> list[str]:
        mine = (e for e in self.browser.events if e.get("sessionId") == self.session)
        urls = (e["params"]["request"]["url"] for e in mine if e["method"] == "Network.requestWillBeSent")
        return [url for url in urls if not url.startswith(("file:", "about:"))]
