"""A student's first minute, in a real browser: a link, a name, and the lesson stands there."""

import shutil

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.hub, pytest.mark.browser]


def test_a_link_leads_through_the_login_to_the_lesson(repository, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium is installed (Debian: apt install chromium)")
    import links
    import try_out

    with try_out.running(tmp_path / "hub") as hub, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        # A full machine takes minutes for a server, JupyterLab and a kernel.
        page.set_default_timeout(300_000)
        page.goto(links.link(hub.address, repository.as_uri(), links.lessons()["02"]))
        page.fill("#username_input", "mary")
        page.fill("#password_input", hub.password)
        page.click("#login_submit")
        page.wait_for_url("**/user/mary/lab/tree/sepedu/my-course/02-*")
        page.get_by_role("heading", name="Lesson 02").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        # Its widgets draw, so their half in the browser came from the shared environment.
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        drawn = page.locator(".jp-OutputArea-output canvas").first
        drawn.wait_for(state="attached")
        drawn.scroll_into_view_if_needed()
        page.screenshot(path=tmp_path / "lesson.png")
        assert page.locator(".jp-Dialog").count() == 0
        browser.close()
    assert (tmp_path / "hub/homes/mary" / "sepedu" / links.lessons()["02"]).is_file()
