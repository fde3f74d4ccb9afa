"""`make site`: the documents as web pages in build/site, which nothing from elsewhere is part of.

The documents are staged first, with every file that they link to, all at its place in the
repository: so a link is the same here as there. What is built is checked link by link.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
STAGE, SITE = ROOT / "build" / "site-pages", ROOT / "build" / "site"
QUIET = {"NO_MKDOCS_2_WARNING": "1"}  # of news of another program
LINK = re.compile(r"\]\(([^)#\s]+)")
LOADED = {"img": "src", "script": "src", "link": "href", "source": "src", "video": "src"}
SHOWN = {".html": "page", ".mp4": "film", ".gif": "film"}  # of what is published


def main() -> int:
    """Stage, build, check; the exit code."""
    shutil.rmtree(STAGE, ignore_errors=True)
    stage(ROOT, STAGE)
    config = str(HERE / "mkdocs.yml")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", config]
    if code := subprocess.run(command, env=os.environ | QUIET).returncode:
        return code
    found = list(problems(SITE))
    print("\n".join(found) or f"{SITE / 'index.html'}")
    return 1 if found else 0


def stage(root: Path, place: Path) -> None:
    """The documents of a project, and what they link to, at the same places in another folder."""
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    links = {(page.parent / link).resolve() for page in pages for link in linked(page)}
    for file in {*pages, *(link for link in links if link.is_file())}:
        _copy(file, place / file.relative_to(root))
    published = root / "results" / "published"
    shown = [one for one in sorted(published.glob("*")) if one.suffix in SHOWN]
    for file in shown:
        _copy(file, place / file.relative_to(root))
    lines = [f"- [{one.name}](../{one.relative_to(root)}), a {SHOWN[one.suffix]}" for one in shown]
    none = "Nothing is published here yet: `make publish` draws, `make report` writes the page."
    told = "\n".join(lines) or none
    (place / "docs" / "published.md").write_text(f"# Published\n\n{told}\n", encoding="utf-8")


def linked(page: Path) -> list[str]:
    """The files that a document links to, as it names them."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    return [link for link in links if not urlsplit(link).scheme]


def problems(site: Path) -> Iterator[str]:
    """What is wrong with a built site: links that lead nowhere, what is loaded from elsewhere."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for loaded, target in page.targets:
            split = urlsplit(target)
            if split.scheme or split.netloc:
                if loaded and split.scheme != "data":
                    yield f"{name} loads {target}"
                continue
            above = site if split.path.startswith("/") else path.parent
            there = (above / unquote(split.path).lstrip("/")).resolve() if split.path else path
            if not there.is_file():
                yield f"{name}: {target} leads nowhere"
            elif there in pages and unquote(split.fragment) not in pages[there].ids:
                yield f"{name}: {target} leads to no place of that page"
    for path in sorted(site.rglob("*.css")):
        for target in re.findall(
            r"(?:@import|url\()\s*['\"]?(\w+://[^'\")]*)", path.read_text(encoding="utf-8")
        ):
            yield f"{path.relative_to(site)} loads {target}"


class Page(HTMLParser):
    """A page's targets, each with whether it is loaded with the page, and the places in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.targets: list[tuple[bool, str]] = []
        self.ids: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to, loads or is called."""
        named = {name: value or "" for name, value in attrs}
        self.ids.update(named[name] for name in ("id", "name") if name in named)
        key = LOADED.get(tag, "href" if tag == "a" else "")
        if named.get(key):
            self.targets.append((tag in LOADED, named[key]))


def _copy(file: Path, there: Path) -> None:
    there.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, there)


if __name__ == "__main__":
    sys.exit(main())
