"""The calculator in a real browser: moved by mouse, keys and address, judged by the model."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from analysis.calculator import write_calculator
from workbench.calculator.setting import Setting, play
from workbench.calculator.table import begun
from workbench.designs import COMPARED
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.targets.model.forecast import modelled
from workbench.targets.model.target import ModelTarget

pytestmark = pytest.mark.browser
SHAPES = {"desktop": (1280, 900), "phone": (390, 844)}
UNITS_S = {"s": 1, "min": 60, "h": 3_600}
NEAR = 0.03
MEANS_MS, ITEMS_MAX = (500, 5_000), 10_000  # fewer than published, so that it takes seconds


@pytest.fixture(scope="module")
def calculator(tmp_path_factory):
    """The page, of a smaller table than the published one, made the same way."""
    place = tmp_path_factory.mktemp("page")
    with begun(place, means_ms=MEANS_MS, items_max=ITEMS_MAX) as table:
        return write_calculator(place, table(), load_book())


@pytest.fixture
def opened(browser, calculator):
    """A function that opens the page offline; no error of its script passes."""
    contexts, errors, asked = [], [], []

    def open_at(hashed="", shape="desktop", look="light"):
        width, height = SHAPES[shape]
        context = browser.new_context(
            color_scheme=look,
            viewport={"width": width, "height": height},
            has_touch=shape == "phone",
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(calculator.as_uri() + hashed)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert errors == []
    assert [url for url in asked if not url.startswith("file:")] == []


def state(page):
    """What the address says."""
    parsed = parse_qs(page.evaluate("location.hash.slice(1)"))
    return {name: values[0] for name, values in parsed.items()}


def answer(page):
    """All that the page answers: the verdict, the rows, where the winner changes."""
    return [page.locator(one).inner_text() for one in ("#verdict", "#rows", "#zones")]


def seconds(text):
    """A time as it is read, from and to."""
    unit = UNITS_S[re.findall(r"\b(s|min|h)\b", text)[-1]]
    return [float(own.replace(",", "")) * unit for own in re.findall(r"[\d,.]+", text)]


def rows(page):
    """Dollars, of it coordination, seconds until done and known by design, as they are read."""
    found = {}
    for row in page.locator("#rows tr").all():
        cells = row.locator("td").all_inner_texts()
        if len(cells) == 4:
            usd = [float(re.sub(r"[$,]", "", cell)) for cell in cells[:2]]
            found[row.get_attribute("data-design")] = (*usd, seconds(cells[2]), seconds(cells[3]))
    return found


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_fits_the_screen_and_is_read_in_either_light(opened, screens, look, shape):
    page = opened(shape=shape, look=look)
    expect(page.locator("#verdict")).not_to_be_empty()
    assert page.evaluate("document.documentElement.scrollWidth") <= SHAPES[shape][0]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 29)"}[look]
    page.screenshot(path=screens / f"calculator-{shape}-{look}.png", full_page=True)


@pytest.mark.parametrize("preset", ["default", "tuned"])
@pytest.mark.parametrize(("items", "mean_ms", "tail"), [(1_234, 500, "none"), (7_777, 500, "long")])
@pytest.mark.parametrize("free", [False, True])
def test_dollars_and_times_are_those_of_fresh_model_runs(
    opened, preset, items, mean_ms, tail, free
):
    page = opened(f"#items={items}&mean={mean_ms}&tail={tail}&preset={preset}&free={free:d}")
    shown, book = rows(page), load_book()
    assert list(shown) == list(COMPARED)
    for design, (usd, coordination, done_s, known_s) in shown.items():
        setting = Setting(design, preset, tail, mean_ms)
        point = play(ModelTarget(), setting, items)
        runs = [
            modelled(setting.made, Batch(items, seed, "c"), book, month={} if free else None)
            for seed in range(1, 1 + len(point.lags_s))
        ]
        mean = sum(float(run.usd) for run in runs) / len(runs)
        assert usd == pytest.approx(mean, rel=NEAR, abs=1e-6)
        of_it = sum(float(run.coordination_usd) for run in runs) / len(runs)
        assert coordination == pytest.approx(of_it, rel=NEAR, abs=1e-6 + 0.01 * mean)
        away = 0.3  # 3 % of ten seconds
        assert done_s[0] * (1 - NEAR) - away <= point.done_s <= done_s[-1] * (1 + NEAR) + away
        known = point.done_s + sum(point.lags_s) / len(point.lags_s)
        assert known_s[0] * (1 - NEAR) - away <= known <= known_s[-1] * (1 + NEAR) + away


def test_the_verdict_names_the_design_that_the_model_finds_cheapest(opened):
    page, book = opened("#items=1000&mean=500&tail=none&preset=default"), load_book()
    batch, usd = Batch(1_000, 1, "c"), {}
    for name in COMPARED:
        usd[name] = modelled(Setting(name, "default", "none", 500).made, batch, book).usd
    cheapest = min(usd, key=usd.get)
    expect(page.locator("#verdict")).to_contain_text(f"{cheapest} is cheapest: $")
    expect(page.locator("#verdict")).to_have_attribute("aria-live", "polite")
    expect(page.locator("tr.best")).to_have_attribute("data-design", cheapest)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_slider_moved_by_keys_moves_answer_and_address(opened, shape):
    page = opened("#items=1000&mean=500", shape=shape)
    before = rows(page)
    page.focus("#items-slider")
    page.keyboard.press("ArrowRight")
    assert int(state(page)["items"]) > 1_000
    assert page.input_value("#items") == state(page)["items"]
    more = rows(page)
    assert all(more[name][0] > own[0] for name, own in before.items())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "items"
    page.focus("#mean")
    page.keyboard.press("ArrowRight")
    assert state(page)["mean"] == "5000"
    expect(page.locator("#mean")).to_have_attribute("aria-valuetext", "5 s")
    longer = rows(page)
    assert all(longer[name][2][0] > own[2][0] for name, own in more.items())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_slider_dragged_moves_dollars_time_and_winner(opened, shape):
    page = opened("#items=100&mean=500&preset=default", shape=shape)
    before = answer(page)
    slider = page.locator("#items-slider")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, height, steps=4)
    page.mouse.up()
    assert int(state(page)["items"]) > 5_000
    assert all(now != then for now, then in zip(answer(page)[:2], before[:2], strict=True))
    expect(page.locator("#zones")).to_contain_text("Cheapest by items")


@pytest.mark.parametrize("shape", SHAPES)
def test_an_address_opened_again_gives_the_same_answer(opened, shape):
    page = opened("#items=4321&mean=500&tail=long&preset=tuned&deadline=900&free=1", shape=shape)
    page.focus("#items-slider")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    told, address = answer(page), page.evaluate("location.hash")
    page.reload()
    assert answer(page) == told
    assert answer(opened(address, shape=shape)) == told


def test_an_address_is_an_answer_and_a_wrong_one_is_the_usual(opened):
    asked = "#items=2345&mean=5000&tail=long&preset=default&deadline=900&free=1&designs=sqs+durable"
    page = opened(asked)
    wanted = {"items": "2345", "mean": "5000", "tail": "long", "preset": "default"}
    assert state(page) == wanted | {"deadline": "900", "free": "1", "designs": "sqs durable"}
    assert page.locator("#rows tr").count() == 2
    page.evaluate("location.hash = '#items=nonsense&mean=7&tail=up&preset=x&deadline=1'")
    expect(page.locator("#items")).to_have_value(str(ITEMS_MAX))  # of the published page a million
    assert state(page)["mean"] == "500"
    assert state(page)["preset"] == "tuned"


def test_a_deadline_leaves_out_who_is_late_and_says_so(opened):
    page = opened("#items=10000&mean=500&tail=none&preset=tuned&deadline=60")
    expect(page.locator("#verdict")).to_have_text(
        "None of these designs is surely known to be done within 60 s."
    )
    expect(page.locator("#rows tr").first).to_contain_text("misses the deadline")
    page.select_option("#deadline", "86400")
    expect(page.locator("#verdict")).to_contain_text("within 24 h")


def test_a_design_that_cannot_work_such_items_says_why(opened):
    page = opened("#items=1000&mean=5000&tail=long&preset=default")
    row = page.locator("#rows tr[data-design=sfn]")
    expect(row).to_contain_text("cannot: items_per_child=100")


def test_every_control_has_a_name_and_all_is_reached_by_keys(opened):
    page = opened()
    unnamed = page.evaluate(
        """[...document.querySelectorAll('input, select, button')]
             .filter((one) => !one.labels?.length && !one.ariaLabel && !one.textContent.trim())
             .map((one) => one.id)"""
    )
    assert unnamed == []
    page.uncheck("input[name=designs][value=sqs]")
    assert state(page)["designs"] == "sfn counters durable"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "copy":
            break
    assert page.evaluate("document.activeElement.id") == "copy"
