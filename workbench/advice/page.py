"""An answer as HTML: a page of its own, and its body for a notebook. Nothing of it is fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from analysis.deadlines import Deadlines, Offer, inline_svg
from analysis.html_page import variables, whole_page
from analysis.pictures import Html
from analysis.theme import DARK, LIGHT
from analysis.words import count, dollars, duration, duration_range
from workbench.advice.answer import Answer, Choice, advise
from workbench.advice.flips import offers
from workbench.advice.question import Question
from workbench.advice.words import ANSWER, COMMANDS, knobs_line, told_parts
from workbench.bill.terms import Terms
from workbench.errors import BadInput
from workbench.project import commit
from workbench.temporary import temporary, written_whole
from workbench.workload.workload import find_workload, read_workload

ENDING = ".html"
MARK = '<div class="advice">'
HEADS = ("design", "a month", "a batch", "low to high", "known after", "low to high", "limited by")
STYLE = f"""
.advice {{ {variables(LIGHT)} color: var(--ink); background: var(--paper); }}
@media screen and (prefers-color-scheme: dark) {{ .advice {{ {variables(DARK)} }} }}
.advice figure {{ margin: 2rem 0; }}
.advice svg {{ display: block; width: 100%; max-width: 38rem; height: auto; margin: 0 auto; }}
.advice pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14px; }}
.advice th, .advice td {{ text-align: left; padding: 2px 1em 2px 0; vertical-align: top; }}
.advice footer {{ color: var(--faint); font-size: 14px; margin-top: 2rem; }}
@media print {{ .advice svg, .advice tr, .advice pre {{ break-inside: avoid; }} }}
"""


@dataclass(frozen=True)
class Page:
    """An answer with its lines, by the titles of their parts; `workload` is the file's name."""

    answer: Answer
    parts: Mapping[str, Sequence[str]]
    workload: str

    @property
    def title(self) -> str:
        """The question."""
        return f"Which design for {self.workload}?"

    def body(self) -> str:
        """The page without its head: facts, chart, tables, commands, source."""
        texts = []
        for title, lines in self.parts.items():
            if lines:
                texts.append(f"<h2>{escape(title)}</h2>" if title else "")
                texts.append(_commands(lines) if title == COMMANDS else _listed(lines))
            if title == ANSWER:
                texts += [_table(self.answer), f"<figure>{inline_svg(_deadlines(self))}</figure>"]
        head = f"<style>{STYLE}</style>{MARK}<h1>{escape(self.title)}</h1>"
        return head + "\n".join(texts) + f"<footer>{escape(self.source)}</footer></div>"

    @property
    def priced(self) -> str:
        """What the figures are, and where the prices are from."""
        terms = self.answer.question.terms
        return f"Modelled, prices of {terms.region}, {terms.book().date}{terms.text}"

    @property
    def source(self) -> str:
        """The same, with what made them."""
        return (
            f"{self.priced}; what was run on local is simulated by the real handlers; nothing "
            f"here was measured on AWS. Made by workbench advise at commit {commit() or 'unknown'}."
        )

    def write(self, path: Path) -> None:
        """The page as one file, whole or not at all."""
        with written_whole(path) as written:
            written.write_text(whole_page(self.title, self.body()), encoding="utf-8")


def refuse_report(path: Path) -> None:
    """Refuse, before anything is worked out, a file that could not be written or is another's."""
    if path.suffix != ENDING:
        raise BadInput(f"--report {path}: the name must end with {ENDING}.")
    if not path.parent.is_dir():
        raise BadInput(f"--report {path}: there is no folder {path.parent}. Make it first.")
    try:
        if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
            raise BadInput(f"--report {path}: is there, and is no such report. Take another.")
        with temporary(path.parent) as probe:
            probe.touch()
    except OSError as error:
        raise BadInput(f"--report {path}: cannot be written: {error.strerror}.") from None


def advise_html(path: str | Path, items: int | None = None) -> Html:
    """The body of a workload's page, for a notebook; nothing is run on `local` for it.

    The file is looked for from here, then among the project's own. Without one, a line says so.
    """
    if not str(path):
        return Html('<p class="refused">No workload is named.</p>')
    file = find_workload(str(path), Path())
    found = read_workload(file)
    answer = advise(Question.of(found, items, 1, Terms.read(found.region)))
    return Html(Page(answer, told_parts(answer, [], file), file.name).body())


def _deadlines(page: Page) -> Deadlines:
    """What the chart shows of an answer."""
    answer = page.answer
    steps = offers(answer)
    found = [Offer(one.name, one.deadline_s, one.month_usd) for one in steps]
    taken = found[[one.score for one in steps].index(answer.take.tuned.cheapest)]
    size = f"{count(answer.question.items)} items a batch"
    return Deadlines(tuple(found), taken, f"{page.priced}; {size}", answer.question.deadline_s)


def _table(answer: Answer) -> str:
    """The choices, a row each: what is taken, then the others."""
    rows = [f"<tr>{''.join(f'<th>{head}</th>' for head in HEADS)}</tr>"]
    rows += [_row(one) for one in (answer.take, *answer.others)]
    return f"<div><table>{''.join(rows)}</table></div>"


def _row(one: Choice) -> str:
    usd, minutes = one.forecast.usd, one.forecast.minutes
    cells = (
        one.name,
        dollars(one.month_usd),
        dollars(usd.likely),
        f"{dollars(usd.low)} to {dollars(usd.high)}",
        duration(one.known_s),
        duration_range(60 * minutes.low, 60 * minutes.high),
        one.forecast.binding_limit,
    )
    knobs = f'<td colspan="{len(cells) - 1}">knobs: {escape(knobs_line(one))}</td>'
    figures = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr>{figures}</tr><tr><td></td>{knobs}</tr>"


def _listed(lines: Sequence[str]) -> str:
    """Lines as a list; a single one as a paragraph."""
    if len(lines) == 1:
        return f"<p>{escape(lines[0])}</p>"
    return f"<ul>{''.join(f'<li>{escape(line.strip())}</li>' for line in lines)}</ul>"


def _commands(lines: Sequence[str]) -> str:
    return f"<pre>{escape(chr(10).join(lines))}</pre>"
