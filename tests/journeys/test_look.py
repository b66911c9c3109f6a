"""The page of components and the frame: what every other page stands on."""

from __future__ import annotations

import pytest

from .conftest import DESK, PHONE


def order(page) -> list[str]:
    return page.eval_on_selector_all("[data-ranked] > li", "rows => rows.map(row => row.dataset.item)")


def has_no_sideways_scroll(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Sizes are judged on either scheme and colours on either size: two walks see what four would.
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "desk"])
def test_every_component_passes_axe(visit, axe, size, scheme):
    page = visit(size, color_scheme=scheme)
    page.goto("/ui/")
    assert page.locator("h1").count() == 1
    assert has_no_sideways_scroll(page)
    axe(page)


def test_nothing_scrolls_sideways_at_320(visit):
    page = visit({"width": 320, "height": 640})
    for path in ("/ui/", "/cuenta/login/", "/no-existe/"):
        page.goto(path)
        assert has_no_sideways_scroll(page), path


def test_the_list_moves_by_button_keys_and_pointer_and_says_so(visit):
    page = visit(DESK)
    page.goto("/ui/#lista")
    page.evaluate("document.addEventListener('ranked:change', e => { window.last = e.detail })")
    first, second, third = order(page)
    said = page.locator("#ranked-live")

    page.locator(f"[data-item={third}] [data-move=up]").click()
    assert order(page) == [first, third, second]
    assert "opción 2 de 3" in said.inner_text()

    handle = page.locator(f"[data-item={first}] [data-handle]")
    handle.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    assert order(page) == [first, third, second]
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert order(page) == [third, second, first]
    assert page.evaluate("document.activeElement.closest('li').dataset.item") == first
    page.keyboard.press("Alt+ArrowUp")
    assert order(page) == [third, first, second]

    grip = page.locator(f"[data-item={second}] [data-handle]")
    # In the middle of the screen: near its edges dragging scrolls, and the rows would not stay where they are measured.
    grip.evaluate("grip => grip.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(300)  # until the last row has glided to its place
    start, end = grip.bounding_box(), page.locator(f"[data-item={third}]").bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 8, end["y"] + 4, steps=12)
    page.mouse.up()
    assert order(page) == [second, third, first]

    page.evaluate("window.last.restore()")
    assert order(page) == [third, first, second]


def test_theme_and_language_are_kept_without_javascript_and_the_page_too(visit):
    page = visit(PHONE, java_script_enabled=False)
    page.goto("/ui/?p=7")
    page.locator(".c-menu > summary").click()
    page.get_by_role("button", name="Oscuro").click()
    page.locator("html[data-bs-theme=dark]").wait_for()
    assert page.url.endswith("/ui/?p=7")
    page.locator(".c-menu > summary").click()
    page.get_by_role("button", name="Read in English").click()
    page.locator("html[lang=en]").wait_for()
    assert page.locator("h1").inner_text() == "Components and states"
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_dialog_returns_the_focus_and_the_menu_closes_with_escape(visit):
    page = visit(DESK)
    page.goto("/ui/")
    opener = page.locator("[data-dialog=decline]")
    opener.click()
    assert page.locator("#decline").evaluate("dialog => dialog.matches(':modal')")
    page.keyboard.press("Escape")
    assert opener.evaluate("link => link === document.activeElement")
    page.locator(".c-menu > summary").click()
    page.keyboard.press("Escape")
    assert not page.locator(".c-menu").evaluate("menu => menu.open")


def test_a_form_sent_twice_is_sent_once(visit):
    page = visit(DESK)
    page.goto("/cuenta/login/")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.fill("#id_login", "nadie@example.mx")
    page.fill("#id_password", "una frase cualquiera")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.evaluate(
            "const form = document.querySelector('form[data-once]'); form.requestSubmit(); form.requestSubmit()"
        )
    page.wait_for_load_state("networkidle")
    assert len(sent) == 1
