"""What is left of an answer that is too large: the beginning of each list, and of a ranking both ends."""

from __future__ import annotations

from runtime.insights.worker import cut_lists


def test_a_list_is_cut_at_its_end_and_counted():
    assert cut_lists({"months": [1, 2, 3], "few": [1]}, 2) == {
        "months": [1, 2], "months_in_all": 3, "few": [1],
    }  # fmt: skip


def test_of_a_ranking_the_first_and_the_last_are_left():
    ranking = [{"rank": place, "months": [1, 2, 3, 4]} for place in range(1, 10)]

    cut = cut_lists({"clients": ranking}, 3)
    assert [each["rank"] for each in cut["clients"]] == [1, 2, 9]
    assert cut["clients_in_all"] == 9
    assert cut["clients"][2]["months_in_all"] == 4
    assert [each["rank"] for each in cut_lists({"clients": ranking}, 1)["clients"]] == [1]
    assert cut_lists({"clients": ranking[:3]}, 3) == {"clients": [cut_lists(each, 3) for each in ranking[:3]]}
