"""Take the pictures of the README and of docs/panels.md: `make pictures`, beside a machine that is not busy."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image
from playwright.sync_api import sync_playwright

from stripchart.config.file import load
from support.chromium import ARGS, BEEN_HERE
from support.command import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).parents[2]
PICTURES: Final = ROOT / "docs" / "pictures"
PANELS: Final = ROOT / "config" / "panels.toml"
FULL_MS: Final = 65_000
"""Until the page's minute is full."""
SETTLED_MS: Final = 5_000
FRAMES: Final = 24
FRAME_MS: Final = 250
COLOURS: Final = 64
PANEL_COLOURS: Final = 128


def main() -> None:
    """Take them all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=ARGS, executable_path="/usr/bin/chromium")
        with Running("demo", "--no-open", "--no-record") as running:
            take_demo(browser, running.url())
        with Running("run", str(PANELS), "--no-open", "--no-record") as running:
            take_panels(browser, running.url())
        browser.close()


def take_demo(browser: Browser, url: str) -> None:
    """Take the dashboard still and moving, the page of strips, dark, and a phone's."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(BEEN_HERE)
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


def take(browser: Browser, url: str, name: str, **size: Any) -> None:
    """Take one picture of a page that has settled."""
    page = browser.new_page(viewport={"width": 1280, "height": 800, **size})
    page.add_init_script(BEEN_HERE)
    page.goto(url)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=PICTURES / name)
    page.close()


def take_panels(browser: Browser, url: str) -> None:
    """Take the first panel of each kind."""
    page = browser.new_page(viewport={"width": 980, "height": 1500})
    page.add_init_script(BEEN_HERE)
    page.wait_for_timeout(FULL_MS)
    for design in load(PANELS).pages:
        page.goto(f"{url.rstrip('/')}{design.path}#theme=light")
        page.wait_for_timeout(SETTLED_MS)
        for kind in dict.fromkeys(panel.kind for panel in design.panels):
            shown = page.locator(f"section.{kind}").first.screenshot()
            picture = Image.open(BytesIO(shown)).convert("RGB").quantize(PANEL_COLOURS, dither=Image.Dither.NONE)
            picture.save(PICTURES / f"panel-{kind}.png", optimize=True)


if __name__ == "__main__":
    main()
