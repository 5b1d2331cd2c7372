"""The cell opened and its products, as a document that stands alone, in a real Chromium."""

import numpy as np
import pytest

from rnnviz.views import panels
from rnnviz.views.document import document
from rnnviz.views.tokens import number
from tests.views.sums import Made

pytestmark = pytest.mark.browser

ROWS = ".rv-inner > .rv-term"


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(made, unit=1, width=1300)`: a page with the circuit and the products of a unit."""
    errors, contexts = [], []

    def open_page(made, unit=1, width=1300, **options):
        views = [
            panels.circuit(made.trace, made.sums(unit), layer=made.layer, unit=unit),
            panels.products(made.trace, made.sums(unit), **options),
        ]
        file = tmp_path / "page.html"
        file.write_text(document(views), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 1100})
        context.set_default_timeout(5000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(".rv-products[data-version]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def go(page, step):
    """Choose a step as another panel of the page does."""
    page.evaluate(
        f"rnnviz.step = {step}; dispatchEvent(new CustomEvent('rnnviz:step', {{detail: {{step: {step}}}}}))"
    )


def told(page):
    """What the panels tell the server, from now on, as a list in the page."""
    page.evaluate(
        """window.told = []; for (const {host} of panels) for (const name of ["gate", "follow"])
        host.addEventListener(`panel:${name}`, ({detail}) => told.push([name, detail]));"""
    )
    return lambda: page.evaluate("told")


def column(page, name):
    return page.locator(f"{ROWS} .rv-{name}").all_inner_texts()


NAMED = "all => all.map((each) => each.dataset.value)"
SHOWN = "all => all.map((each) => [each.dataset.value, each.querySelector('.rv-value').textContent])"


def known(made):
    """Every number that a wire can carry, by its name in the drawing: (T, units)."""
    v = made.values | {f"{state}_before": made.before(state) for state in made.start if state in made.values}
    if made.cell == "lstm":
        between = {"kept": v["f"] * v["c_before"], "written": v["i"] * v["g"], "squashed": np.tanh(v["c"])}
    elif made.cell == "gru":
        between = {"rest": 1 - v["z"], "reset": v["r"] * v["n_h"], "kept": v["z"] * v["h_before"]}
        between["written"] = between["rest"] * v["n"]
    else:
        from_x = made.x @ made.w_i[0].T + made.b_i[0]
        between = {"from_x": from_x, "from_h": v["a"] - from_x}
    return v | between


PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")


@pytest.mark.parametrize("cell", ["rnn", "rnn_relu", "lstm", "gru"])
def test_every_number_on_the_page_is_the_traces(opened, cell):
    made = Made(cell, "time", units=5, seed=3, bias=cell != "rnn_relu")
    page = opened(made, shown=40)
    for step in (0, 3):
        go(page, step)
        wanted = {name: number(float(values[step, 1])) for name, values in known(made).items()}
        assert page.locator(".rv-number").evaluate_all(SHOWN) == [
            [name, wanted[name]] for name in page.locator(".rv-number").evaluate_all(NAMED)
        ]
        for letter, terms in made.sums(1).items():
            page.locator(f".rv-gates [data-gate='{letter}']").click()
            values = terms.values(step)
            wanted = [number(value) for value in sorted(values, key=abs, reverse=True)]
            assert column(page, "value") == wanted
            assert page.locator(".rv-total .rv-value").inner_text() == number(float(terms.total[step]))
            assert page.locator(".rv-result b").inner_text() == number(float(terms.value[step]))
            left = float(
                page.locator(".rv-rounding .rv-value").inner_text().translate(PLAIN).replace("×10", "e")
            )
            assert abs(left) <= 1e-14


def test_bars_begin_where_the_last_ended_and_the_point_stands_below_the_sum(opened):
    made = Made("lstm", "time", units=6, seed=1)
    page = opened(made, gate="f", shown=40)
    go(page, 2)
    terms = made.sums(1)["f"]
    bars = page.locator(f"{ROWS} .rv-part").all()
    values = sorted(terms.values(2), key=abs, reverse=True)
    place = None
    for bar, value in zip(bars, values, strict=True):
        box = bar.bounding_box()
        ends = (box["x"], box["x"] + box["width"])
        start, end = ends if value > 0 else ends[::-1]
        assert place is None or abs(start - place) < 1.1
        place = end
    total = page.locator(".rv-total .rv-part").bounding_box()
    end = total["x"] + (total["width"] if terms.total[2] > 0 else 0)
    point = page.locator(".rv-point").bounding_box()
    assert abs(place - end) < 1.1
    assert abs(point["x"] + point["width"] / 2 - end) < 1.1


def test_a_part_of_the_circuit_lights_its_equation_and_opens_its_products(opened):
    page = opened(Made("lstm"))
    server = told(page)
    page.locator(".rv-box[data-part='o']").click()
    assert page.locator(".rv-equation.rv-lit").get_attribute("data-part") == "o"
    assert page.locator(".rv-products .rv-title").inner_text().startswith("o")
    assert server() == [["gate", "o"]]
    page.locator(".rv-equation[data-part='c']").hover()
    assert set(page.locator(".rv-lit").evaluate_all("all => all.map((each) => each.dataset.part)")) == {"c"}
    page.mouse.move(5, 5)
    page.get_by_role("button", name="all at once").click()
    assert page.locator(".rv-lit").count() == 0


def test_in_sequence_the_equations_come_one_after_the_other(opened):
    page = opened(Made("gru"))
    page.get_by_role("button", name="in sequence").click()
    seen = []
    for _ in range(300):
        lit = page.locator(".rv-equation.rv-lit").evaluate_all("all => all.map((each) => each.dataset.part)")
        if lit and lit[0] not in seen:
            seen += lit
            later = page.locator(".rv-equation.rv-later").count()
            assert later == 4 - len(seen)
        if len(seen) == 2:
            break
        page.wait_for_timeout(20)
    assert seen == ["r", "z"]
    page.get_by_role("button", name="in sequence").click()
    assert page.locator(".rv-later").count() == 0


def test_a_state_is_followed_back_in_time_and_the_trail_leads_home(opened):
    made = Made("lstm", "time")
    page = opened(made, gate="c")
    assert page.locator(".rv-equation[aria-pressed=true]").get_attribute("data-part") == "c"
    go(page, 3)
    page.locator(ROWS, has_text="step 2").press("Enter")
    assert page.locator(".rv-products .rv-title").inner_text() == "c1 at step 2 'm'"
    assert page.evaluate("rnnviz.step") == 2
    page.locator(".rv-factor", has_text="f").click()
    assert page.locator(".rv-products .rv-title").inner_text() == "f1 at step 2 'm'"
    assert page.locator(".rv-trail").inner_text() == "followed: c₁ step 3 ‹ c₁ step 2 ‹ f₁ step 2"
    page.locator(".rv-trail button").first.click()
    assert page.locator(".rv-products .rv-title").inner_text() == "c1 at step 3 'e'"
    assert page.locator(".rv-trail").is_hidden()


def test_another_unit_is_asked_for_and_met_with_its_gate_step_and_trail(opened):
    made = Made("gru", "time", units=3, seed=2)
    page = opened(made, unit=0, gate="r")
    go(page, 3)
    server = told(page)
    page.locator(ROWS, has=page.locator("sub", has_text="2")).first.click()
    (asked,) = [what for name, what in server() if name == "follow"]
    assert asked == {"layer": "l0", "unit": 2, "step": 2, "gate": "h"}
    assert page.locator(".rv-products .rv-title").inner_text() == "r0 at step 3 'e'"
    other = panels.products(made.trace, made.sums(2), gate="h", step=2).payload()
    page.evaluate("(data) => { panels[1].data = data; panels[1].render(); }", other)
    assert page.locator(".rv-products .rv-title").inner_text() == "h2 at step 2 'm'"
    assert page.locator(".rv-trail").inner_text() == "followed: r₀ step 3 ‹ h₂ step 2"


def test_all_of_many_terms_can_be_seen_without_drawing_all(opened):
    made = Made("rnn", "time", units=600)
    page = opened(made)
    assert page.locator(ROWS).count() == 12
    rest = page.locator(".rv-rest")
    assert rest.locator(".rv-source").inner_text() == "and 591 more"
    values = np.array(sorted(made.sums(1)["h"].values(3), key=abs, reverse=True))
    assert rest.locator(".rv-value").inner_text() == number(values[12:].sum())
    rest.click()
    page.locator(".rv-terms").evaluate("all => all.scrollTop = all.scrollHeight")
    for _ in range(100):  # Playwright's own way to wait needs `eval`, which the page forbids
        if column(page, "value")[-1] == number(values[-1]):
            break
        page.wait_for_timeout(20)
    assert column(page, "value")[-1] == number(values[-1])
    assert page.locator(ROWS).count() < 30


def test_terms_in_a_held_order_stay_in_their_rows(opened):
    page = opened(Made("lstm", "time", units=8, seed=5), gate="g")

    def rows_at(step):
        """Where the terms come from, but for the token, which is another at each step."""
        go(page, step)
        return [name.split()[0] for name in column(page, "source") if "the token" not in name]

    assert rows_at(3) != rows_at(2)
    hold = page.get_by_role("button", name="hold the order")
    hold.click()
    assert rows_at(3) == rows_at(2) == rows_at(1)
    hold.click()
    assert rows_at(3) != rows_at(2)


def test_before_the_first_step_the_state_is_told_to_be_0(opened):
    page = opened(Made("lstm"), gate="i")
    caption = page.locator(".rv-products .rv-caption")
    assert "before the first step" not in caption.inner_text()
    go(page, 0)
    assert "the state before the first step is 0" in caption.inner_text()
    page.locator(".rv-gates [data-gate=c]").click()
    assert column(page, "value")[1] == "0"  # of two products both are shown


def test_hostile_tokens_are_text(opened):
    made = Made("gru", "<img src=x onerror=alert(1)>")
    page = opened(made)
    go(page, 0)
    assert page.locator(".rv-token").first.inner_text() == "<"
    assert page.locator(".rv-x").text_content().endswith("<")
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [390, 820])
def test_nothing_stands_out_of_a_narrow_page(opened, width):
    page = opened(Made("lstm", "time", units=9), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
