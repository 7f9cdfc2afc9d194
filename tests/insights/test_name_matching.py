"""Which clients are which customers: what is linked by itself, what is suggested, and what never is."""

from __future__ import annotations

import time

import pytest

from runtime.insights.name_matching import Party, PostalAddress, make_name_key, match_parties
from runtime.insights.name_matching.details import make_address_key, make_domain_key, make_phone_key
from tests.insights.firm_names import HOSTILE, plan_firms


def find_link(work: list[Party], books: list[Party], **known: object) -> list[tuple[str, str, str]]:
    return [(each.work_id, each.customer_id, each.how) for each in match_parties(work, books, **known).links]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_linked_is_right_and_what_is_not_is_suggested(seed):
    plan = plan_firms(seed)
    found = match_parties(plan.work, plan.books)

    right = [each for each in found.links if plan.truth.get(each.work_id) == each.customer_id]
    offered = {
        each.work_id for each in found.suggestions if plan.truth.get(each.work_id) == each.customer_id
    } | {each.work_id for each in right}

    assert len(right) >= 0.98 * len(found.links)
    assert len(found.links) >= 0.8 * len(plan.truth)
    assert len(offered) >= 0.95 * len(plan.truth)
    assert all(each.reason.endswith(".") and 60 <= each.score <= 100 for each in found.suggestions)


def test_two_thousand_names_are_matched_with_two_thousand_others_in_two_seconds():
    plan = plan_firms(7, 2_000)
    begun = time.process_time()

    match_parties(plan.work, plan.books)

    assert time.process_time() - begun < 2.0


def test_hostile_names_are_neither_linked_nor_an_error():
    work = [
        Party(f"w{at}", (each,), (each,), (each,), (PostalAddress(each, each),))
        for at, each in enumerate(HOSTILE)
    ]
    books = [Party("c1", ("Harbor Dental",)), Party("c2", ()), Party("c3", ("",), parent_id="c3")]

    assert match_parties(work, books).links == ()
    assert match_parties(books, work).links == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme, Inc.", "ACME"),
        ("The Harbor Group LLC", "Harbor Grp"),
        ("Müller & Söhne GmbH & Co. KG", "Muller and Sohne"),
        ("Joe's Pizza", "Joes Pizza"),
        ("L.L.C. Partners P.C.", "LLC Partners"),
        ("Smith Mfg. Co., Ltd", "Smith Manufacturing"),
        ("Łódź  Svcs", "lodz services"),
    ],
)
def test_names_that_are_the_same_to_a_reader_have_one_key(one, other):
    assert make_name_key(one) == make_name_key(other) != ""


def test_a_name_of_nothing_but_a_legal_form_is_compared_with_what_it_says():
    assert (make_name_key("LLC"), make_name_key("The Co."), make_name_key("!!!")) == ("llc", "co", "")


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("https://www.Harbor.com/contact?x=1", "harbor.com"),
        ("billing@mail.harbor.co.uk", "harbor.co.uk"),
        ("harbor.com:8080", "harbor.com"),
        ("somebody@gmail.com", ""),
        ("10.0.0.1", ""),
        ("not a site", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_a_domain_is_that_of_a_firm(written, key):
    assert make_domain_key(written) == key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("+1 (415) 555-0123", "4155550123"),
        ("415.555.0123 ext. 7", "4155550123"),
        ("000-000-0000", ""),
        ("911", ""),
        ("unknown", ""),
    ],
)
def test_a_phone_number_is_its_digits(written, key):
    assert make_phone_key(written) == key


def test_an_address_is_its_house_its_street_and_its_code():
    one, other = (
        PostalAddress("12 North Main Street, Suite 4", "94105-1234"),
        PostalAddress("12 Main St.", "94105"),
    )

    assert make_address_key(one) == make_address_key(other) == "12 main 94105"
    assert (
        make_address_key(PostalAddress("Main St.", "94105"))
        == make_address_key(PostalAddress("12 Main St.", ""))
        == ""
    )


def test_each_level_links_by_itself():
    work = [
        Party("1", ("Acme Inc.",)),
        Party("2", ("Harbor Dental, LLC",)),
        Party("3", ("Stone Legal Group",), ("stone.com",)),
        Party("4", ("Kingsley Roofing of Reno",), (), ("775 555 0100",)),
        Party("5", ("Whitfield Marine Works",), (), (), (PostalAddress("9 Bay Road", "94105"),)),
    ]
    books = [
        Party("a", ("acme inc.",)),
        Party("b", ("HARBOR DENTAL",)),
        Party("c", ("Stone Legal Attorneys",), ("office@stone.com",)),
        Party("d", ("Kingsley Roofing",), (), ("+17755550100",)),
        Party("e", ("Whitfield Marine",), (), (), (PostalAddress("9 Bay Rd", "94105"),)),
    ]

    assert find_link(work, books) == [
        ("1", "a", "exact"), ("2", "b", "normalised"), ("3", "c", "domain"), ("4", "d", "phone"), ("5", "e", "address"),
    ]  # fmt: skip


def test_a_phone_or_an_address_alone_links_nothing():
    shared = {"phones": ("775 555 0100",)}
    work, books = [Party("1", ("Acme",), **shared)], [Party("a", ("Zenith Tax Advisers",), **shared)]

    assert find_link(work, books) == []


def test_nothing_is_linked_where_two_customers_fit():
    work = [Party("1", ("Acme Inc",))]
    books = [Party("a", ("Acme LLC",)), Party("b", ("Acme Corp",))]
    found = match_parties(work, books)

    assert found.links == ()
    assert [(each.customer_id, "Another customer fits" in each.reason) for each in found.suggestions] == [
        ("a", True), ("b", True),
    ]  # fmt: skip


def test_nothing_is_linked_where_the_name_is_of_one_customer_and_the_domain_of_another():
    work = [Party("1", ("Acme Inc",), ("acme.com",))]
    books = [Party("a", ("Acme",)), Party("b", ("Roadrunner",), ("acme.com",))]

    assert find_link(work, books) == []
    assert {each.customer_id for each in match_parties(work, books).suggestions} == {"a", "b"}


def test_nothing_is_linked_where_two_clients_fit_one_customer():
    work = [Party("1", ("Acme LLC",)), Party("2", ("Acme Corp",))]
    found = match_parties(work, [Party("a", ("Acme",))])

    assert found.links == ()
    assert [(each.work_id, "Another client fits" in each.reason) for each in found.suggestions] == [
        ("1", True), ("2", True),
    ]  # fmt: skip


def test_a_domain_that_two_clients_share_links_neither_of_them_nor_competes_with_a_name():
    work = [Party("1", ("Roadrunner",), ("acme.com",)), Party("2", ("Acme Shop",), ("acme.com",))]
    books = [Party("a", ("Acme",), ("acme.com",)), Party("b", ("Roadrunner",))]

    assert find_link(work, books) == [("1", "b", "exact")]


def test_names_that_are_the_same_with_other_domains_are_only_suggested():
    work, books = (
        [Party("1", ("Smith Inc",), ("smith.com",))],
        [Party("a", ("Smith LLC",), ("smithlaw.com",))],
    )
    found = match_parties(work, books)

    assert found.links == ()
    assert "Their web domains differ." in found.suggestions[0].reason


def test_of_a_customer_and_its_sub_customers_the_uppermost_is_linked():
    work = [Party("1", ("Acme",))]
    books = [
        Party("b", ("Project X", "Acme"), parent_id="a"),
        Party("a", ("Acme",)),
        Party("c", ("Project Y", "Acme"), parent_id="b"),
    ]

    assert find_link(work, books) == [("1", "a", "exact")]


def test_parents_that_name_each_other_end():
    books = [Party("a", ("Acme",), parent_id="b"), Party("b", ("Bravo",), parent_id="a")]

    assert find_link([Party("1", ("Acme",))], books) == [("1", "a", "exact")]


def test_a_refused_pair_is_neither_linked_nor_suggested():
    work, books = [Party("1", ("Acme",))], [Party("a", ("Acme",))]
    found = match_parties(work, books, refused={("1", "a")})

    assert (found.links, found.suggestions) == ((), ())


def test_a_customer_that_has_a_client_is_suggested_and_not_linked():
    work, books = [Party("2", ("Acme",))], [Party("a", ("Acme",))]
    found = match_parties(work, books, taken={"a"})

    assert found.links == ()
    assert [each.customer_id for each in found.suggestions] == ["a"]


@pytest.mark.parametrize(
    ("client", "customer", "words"),
    [
        ("Harbor Dental", "Harbor Dentl", "spelled almost alike"),
        ("International Widget Makers", "IWM", "initials"),
        ("Castellano", "Castellano Veterinary Clinic of Springfield", "part of the other"),
        ("BrightPath Staffing", "Bright Path Staffing", "spelled almost alike"),
        ("Jessamine Community Foundation", "Alder Community Foundation", "have words in common"),
        ("Jones LLC dba Smile Studio", "Smile Studio", "same but for"),
    ],
)
def test_a_suggestion_says_in_plain_words_why(client, customer, words):
    others = [Party(f"x{at}", (f"Other {each} Firm",)) for at, each in enumerate(("Alpha", "Beta", "Gamma"))]
    found = match_parties([Party("1", (client,))], [Party("a", (customer,)), *others])
    pairs = [*found.links, *found.suggestions]

    assert pairs[0].customer_id == "a"
    assert words in pairs[0].reason
