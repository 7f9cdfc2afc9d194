"""The look-ups of one write that do not need each other are under way at once."""

import asyncio

from tests.company import Company, copy_books, make_landscaper


def test_a_new_invoice_waits_for_its_look_ups_together():
    company = Company(copy_books(make_landscaper()))
    under_way, most = 0, 0

    async def count(request):
        nonlocal under_way, most
        if request.verb != "GET":
            return
        under_way += 1
        most = max(most, under_way)
        for _ in range(20):
            await asyncio.sleep(0)
        under_way -= 1

    company.client.before = count
    detail = {
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "5"}, "Qty": 1},
    }
    line = {"Amount": 10, **detail}
    answer = company.answer("create invoices", CustomerRef="1", SalesTermRef="3", Line=[line])
    assert answer.error is None
    assert most >= 4
    company.close()
