"""A real browser, a JupyterLab on loopback, and a few real runs for both to show."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from workbench.runs.runner import RunRequest, make_target, run_request

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "build" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage""".split()
START_MAX_S = 90
SETTINGS = {  # by the extension that reads them: no news, and every cell in the page at once
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "notebook-extension/tracker": {"windowingMode": "none"},
}
# What a user sets in the notebooks' first cell here.
SET = {
    "benchmark": ['results: str = "../own"', "items: int = 100"],
    "reconcile": ['results: str = "../results"', 'run_id: str = "sqs-local-100-7"'],
}


def installed_chromium():
    """The system's Chromium, installed by apt-get if it is missing and that is possible here."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        for step in (["update"], ["install", "--no-install-recommends", "-y", "chromium"]):
            subprocess.run(["apt-get", "-q", *step], check=True, stdout=subprocess.DEVNULL)
        found = next(filter(None, map(shutil.which, NAMES)), None)
    return found


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    path = installed_chromium()
    if path is None:
        pytest.fail("no Chromium here: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screens():
    """Where screenshots are kept."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    return SCREENS


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with the notebooks, their first cell set, and real runs beside them."""
    place = tmp_path_factory.mktemp("lab")
    (place / "notebooks").mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
        for line in SET.get(path.stem, ['results: str = "../results"']):
            name = line.split(":")[0]
            cell.source, number = re.subn(rf"^{name}:.*$", line, cell.source, flags=re.M)
            assert number == 1, f"{path.stem} has no parameter {name}"
        nbformat.write(notebook, place / "notebooks" / path.name)
    target = make_target("model")
    for items in (100, 10_000, 1_000_000):
        for seed in (7, 8):
            for design in ("sqs", "sfn"):
                request = RunRequest(design, "model", items, seed)
                name = f"{design}-model-{items}-{seed}"
                run_request(request, place / "results", lambda _: None, name, target)
    request = RunRequest("sqs", "local", 100, 7)
    local = make_target("local")
    run_request(request, place / "results", lambda _: None, "sqs-local-100-7", local)
    return place


@pytest.fixture(scope="session")
def lab(place, tmp_path_factory):
    """The address of a JupyterLab on loopback that serves the folder, with settings of its own."""
    home = tmp_path_factory.mktemp("home")
    for name, content in SETTINGS.items():
        path = home / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = f"""-m jupyterlab --no-browser --ip=127.0.0.1 --port={port} --ServerApp.port_retries=0
        --IdentityProvider.token= --allow-root --expose-app-in-browser
        --ServerApp.root_dir={place}""".split()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab" / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "lab" / "workspaces"),
    }
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, *command], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(f"http://127.0.0.1:{port}/api/status", server, home / "server.log")
            yield f"http://127.0.0.1:{port}/lab/tree"
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(address, server, log):
    """Wait until the server answers."""
    end_s = time.monotonic() + START_MAX_S
    while time.monotonic() < end_s:
        assert server.poll() is None, f"JupyterLab has ended:\n{log.read_text()[-2000:]}"
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"JupyterLab has not answered in {START_MAX_S} s")
