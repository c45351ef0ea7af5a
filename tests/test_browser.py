"""One pass over the built book in headless Chromium, with the network cut off."""

import pytest
from test_book import pages

pytestmark = [pytest.mark.browser, pytest.mark.long]
WIDTHS = (390, 1280)
SERIOUS = ("serious", "critical")
UNCAPTIONED = """[...document.querySelectorAll('article table')]
    .filter(t => t.id.startsWith('tbl-') && !t.caption).map(t => t.id)"""
WITHOUT_ALT = """[...document.querySelectorAll('article img')]
    .filter(i => !(i.getAttribute('alt') || '').trim() || i.alt === i.getAttribute('src'))
    .map(i => i.src)"""
# MathJax sets formulas after the page is loaded; two frames later the page has its final size.
SET = "window.MathJax?.startup?.promise"
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
BROKEN = "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"


@pytest.fixture(scope="module")
def visits(root, book, browser) -> dict[str, dict]:
    """What was found on every page, looked at once in each width."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing").Axe()
    context, found = browser.new_context(), {}
    context.set_default_timeout(180_000)  # of a slow machine; the longest page has thousands of cells
    outside: list[str] = []

    def only_files(route) -> None:
        inside = route.request.url.startswith(("file:", "data:"))
        if not inside:
            outside.append(route.request.url)
        route.continue_() if inside else route.abort()

    context.route("**/*", only_files)
    for name in pages(root):
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
        page.on("requestfailed", lambda r, errors=errors: errors.append(f"failed: {r.url}"))
        page.goto((book / f"{name}.html").as_uri(), wait_until="load")
        page.evaluate(SET)
        found[name] = {
            "title": page.title(),
            "errors": [*errors],
            "uncaptioned": page.evaluate(UNCAPTIONED),
            "without_alt": page.evaluate(WITHOUT_ALT),
            "broken": page.evaluate(BROKEN),
            "formulas": page.evaluate("document.querySelectorAll('mjx-container').length"),
            "bad_formulas": page.evaluate("document.querySelectorAll('mjx-merror').length"),
            "overflow": [w for w in WIDTHS if overflows(page, w)],
            "barriers": find_barriers(axe, page),
        }
        page.close()
    found["outside"] = outside
    return found


def overflows(page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(FRAMES)
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def find_barriers(axe, page) -> list[str]:
    """The serious and critical violations, each with its first element."""
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in SERIOUS]


def everywhere(visits: dict, what: str) -> dict:
    return {n: v[what] for n, v in visits.items() if n != "outside" and v[what]}


def test_every_page_has_a_title_of_its_own(root, visits):
    titles = everywhere(visits, "title")
    assert set(titles) == set(pages(root)) and len(set(titles.values())) == len(titles)


def test_no_page_reports_an_error(visits):
    assert everywhere(visits, "errors") == {}


def test_axe_finds_no_serious_barrier_on_any_page(visits):
    assert everywhere(visits, "barriers") == {}


def test_no_page_asks_the_network_for_anything(visits):
    assert visits["outside"] == []


def test_every_picture_is_there_and_has_an_alternative_text(visits):
    assert everywhere(visits, "broken") == {} and everywhere(visits, "without_alt") == {}


def test_every_table_has_a_caption(visits):
    assert everywhere(visits, "uncaptioned") == {}


def test_no_page_is_wider_than_a_telephone_or_a_desktop_window(visits):
    assert everywhere(visits, "overflow") == {}


def test_every_formula_is_set(visits):
    assert everywhere(visits, "bad_formulas") == {}
    assert visits["book/rae_theory"]["formulas"] > 20


def test_the_table_of_claims_is_filtered_and_without_scripts_it_is_whole(book, browser):
    def opened(scripts: bool):
        page = browser.new_context(java_script_enabled=scripts).new_page()
        page.set_default_timeout(180_000)
        page.goto((book / "notebooks/01_claims.html").as_uri(), wait_until="domcontentloaded")
        return page, page.locator("#tbl-glance-outcomes tbody tr")

    every = opened(False)[1].count()
    page, rows = opened(True)
    assert rows.count() == 10 < every
    page.get_by_label("outcome", exact=True).select_option(index=1)
    chosen = page.get_by_label("outcome", exact=True).input_value()
    assert set(page.locator("#tbl-glance-outcomes tbody td:nth-child(2)").all_inner_texts()) == {chosen}
    page.get_by_label("outcome", exact=True).select_option(index=0)
    page.locator("#tbl-glance-outcomes input[type=search]").fill("RAE-02")
    assert set(page.locator("#tbl-glance-outcomes tbody th").all_inner_texts()) == {"RAE-02"}
