"""A person signs in by invitation, adds a passkey, signs out and in with it, and changes a role: in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, add_authenticator, check_fits, expect_signed_in, invite


def sign_in(page: Page, site: Site, email: str, role: str) -> None:
    page.goto(invite(site.runtime, email, role, "acme"))
    page.get_by_role("button", name=f"Continue as {email}").click()
    expect_signed_in(page, email)
    page.goto(f"{site.origin}/account")


def test_a_person_comes_in_by_invitation_and_later_with_a_passkey(site: Site, browser: Browser) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    add_authenticator(page)

    sign_in(page, site, "anna@example.com", "owner")
    page.get_by_label("Name of a new passkey").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("rowheader", name="My laptop")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(f"{site.origin}/tenant/acme/people")
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("heading", name="People of acme")).to_be_visible()
    expect_signed_in(page, "anna@example.com")
    assert errors == []
    page.context.close()


def test_an_owner_invites_somebody_and_changes_the_role_which_signs_that_person_out(
    site: Site, browser: Browser
) -> None:
    owner, other = browser.new_page(), browser.new_context().new_page()
    sign_in(owner, site, "anna@example.com", "owner")
    owner.get_by_role("link", name="People").click()
    owner.get_by_label("Email address").fill("bo@example.com")
    owner.get_by_role("button", name="Make an invitation").click()
    link = owner.locator("code.copy").inner_text()
    other.goto(link)
    other.get_by_role("button", name="Continue as bo@example.com").click()
    expect_signed_in(other, "bo@example.com")

    owner.goto(f"{site.origin}/tenant/acme/people")
    owner.get_by_label("Role of bo@example.com").select_option("admin")
    owner.get_by_role("button", name="Change the role of bo@example.com").click()

    expect(owner.get_by_label("Role of bo@example.com")).to_have_value("admin")
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    other.context.close()
    owner.context.close()


def test_pages_fit_a_phone_and_have_names_for_all_that_is_pressed(site: Site, browser: Browser) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, site, "anna@example.com", "owner")
    for path in ("/account", "/tenant/acme/people", "/tenant/elsewhere/people"):
        page.goto(site.origin + path)
        check_fits(page)
    page.context.close()
