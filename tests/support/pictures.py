"""Take the pictures of the README from the demo: `python -m support.pictures`, beside a machine that is not busy."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image
from playwright.sync_api import sync_playwright

from support.chromium import ARGS
from support.command import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
FULL_MS: Final = 65_000
"""Until the page's minute is full."""
FRAMES: Final = 24
FRAME_MS: Final = 250
COLOURS: Final = 64


def main() -> None:
    """Take them all: the dashboard still and moving, the page of strips, dark, and a phone's."""
    with Running("demo", "--no-open", "--no-record") as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=ARGS, executable_path="/usr/bin/chromium")
        url = running.url()
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{url}dashboard")
        page.wait_for_timeout(FULL_MS)
        page.screenshot(path=PICTURES / "demo-dashboard.png")
        frames = []
        for _ in range(FRAMES):
            frames.append(
                Image.open(BytesIO(page.screenshot())).convert("RGB").resize((960, 600), Image.Resampling.LANCZOS)
            )
            page.wait_for_timeout(FRAME_MS)
        first = frames[0].quantize(COLOURS)
        still = [frame.quantize(COLOURS, palette=first, dither=Image.Dither.NONE) for frame in frames]
        still[0].save(
            PICTURES / "demo.gif", save_all=True, append_images=still[1:], duration=FRAME_MS, loop=0, optimize=True
        )
        take(browser, f"{url}#theme=light", "demo-light.png")
        take(browser, f"{url}#theme=dark", "demo-dark.png")
        take(browser, f"{url}#theme=light", "demo-phone.png", width=390, height=844)
        browser.close()


def take(browser: Browser, url: str, name: str, **size: Any) -> None:
    """Take one picture of a page that has settled."""
    page = browser.new_page(viewport={"width": 1280, "height": 800, **size})
    page.goto(url)
    page.wait_for_timeout(5_000)
    page.screenshot(path=PICTURES / name)
    page.close()


if __name__ == "__main__":
    main()
