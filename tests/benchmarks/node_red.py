"""Node-RED with its dashboard, as a peer of the page: one chart of all topics below ``bench/``.

Both are fetched from npm into a temporary folder, when the benchmark runs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from support.broker import free_port
from support.wait import until
from tests.benchmarks.tab import running

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "nodered"
FETCH_SECONDS = 400
START_SECONDS = 60
NEWEST = """() => {
  const find = (node) => {
    const chart = node?.component?.proxy?.chart;
    if (chart?.getModel) return chart;
    const below = [node?.component?.subTree, ...(Array.isArray(node?.children) ? node.children : [])];
    for (const each of below.filter((node) => node && typeof node === "object")) {
      const found = find(each);
      if (found) return found;
    }
  };
  window.chart ??= find([...document.querySelectorAll("*")].find((element) => element.__vue_app__)?._vnode);
  const rows = window.chart?.getModel()?.getSeriesByIndex(0)?.getData();
  return rows?.count() ? rows.get(rows.mapDimension("x"), rows.count() - 1) : null;
}"""
"""JavaScript: the time of the newest point that its chart has, in milliseconds."""


def fetch(folder: Path) -> None:
    """Install Node-RED into a folder."""
    shutil.copy(HERE / "package.json", folder)
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=folder, check=True, timeout=FETCH_SECONDS)


@contextmanager
def node_red(folder: Path, broker: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run it; give its process and the dashboard's address."""
    port = free_port()
    flows = json.loads((HERE / "flows.json").read_text())
    for node in flows:
        if node["type"] == "mqtt-broker":
            node["port"] = str(broker)
    (folder / "flows.json").write_text(json.dumps(flows))
    settings = {"uiPort": port, "uiHost": "127.0.0.1", "flowFile": "flows.json", "telemetry": {"enabled": False}}
    (folder / "settings.js").write_text(f"module.exports = {json.dumps(settings)};")
    command = ("node", str(folder / "node_modules/node-red/red.js"), "--userDir", str(folder))
    address = f"http://127.0.0.1:{port}/dashboard/bench"
    options = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with running(*command, "--settings", str(folder / "settings.js"), **options) as process:
        until(lambda: _answers(address), START_SECONDS, what="Node-RED's dashboard")
        yield process, address


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (URLError, TimeoutError, ConnectionError):
        return False
