from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.simulators.quickbooks.conftest import Body, Client, paid, sales_line

TXN = {"CustomerRef": {"value": "1"}, "Line": [sales_line(10_000)]}


def batch(client: Client, *items: Body) -> list[Body]:
    answer = client.call("POST", "batch", json={"BatchItemRequest": list(items)})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["BatchItemResponse"])


def upload(
    client: Client, metadata: bytes, content: bytes, name: str = "a.txt", end: bytes = b"\r\n"
) -> httpx2.Response:
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    body = upload_body(metadata, content, name, end)
    return client.call("POST", "upload", content=body, headers=headers)


def upload_body(metadata: bytes, content: bytes, name: str = "a.txt", end: bytes = b"\r\n") -> bytes:
    pieces = [
        b"--XX",
        b'Content-Disposition: form-data; name="file_metadata_01"',
        b"Content-Type: application/json",
        b"",
        metadata,
        b"--XX",
        b'Content-Disposition: form-data; name="file_content_01"; filename="%b"' % name.encode(),
        b"Content-Type: text/plain",
        b"",
        content,
        b"--XX--",
        b"",
    ]
    return end.join(pieces)


def test_the_items_of_a_batch_succeed_and_fail_on_their_own(client: Client) -> None:
    made, refused, found, voided = batch(
        client,
        {"bId": "a", "operation": "create", "Invoice": TXN},
        {"bId": "b", "operation": "create", "Invoice": {"Line": []}},
        {"bId": "c", "Query": "select count(*) from Customer"},
        {"bId": "d", "operation": "void", "Invoice": {"Id": "999999", "SyncToken": "0"}},
    )
    assert made["Invoice"]["TotalAmt"] == 100
    assert refused["Fault"]["Error"][0]["code"] == "2020"
    assert found["QueryResponse"]["totalCount"] > 0
    assert voided["Fault"]["Error"][0]["code"] == "610"


def test_a_refused_item_leaves_the_balances_of_the_others_right(client: Client) -> None:
    before = client.get_one("Customer", "9")["Balance"]
    txn = {**TXN, "CustomerRef": {"value": "9"}}
    batch(
        client,
        {
            "bId": "a",
            "operation": "create",
            "Invoice": {**txn, "Line": [sales_line(100), sales_line(100, "999")]},
        },
        {"bId": "b", "operation": "create", "Invoice": txn},
    )
    assert client.get_one("Customer", "9")["Balance"] == before + 100


def test_a_batch_has_at_most_thirty_items(client: Client) -> None:
    items = [{"bId": str(number), "Query": "select count(*) from Customer"} for number in range(31)]
    assert (
        client.call("POST", "batch", json={"BatchItemRequest": items}).json()["Fault"]["Error"][0]["code"]
        == "1040"
    )


def test_changes_are_listed_with_deleted_ones_as_stubs(client: Client) -> None:
    present, gone = client.save("Invoice", TXN), client.save("Invoice", TXN)
    client.save("Invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    parameters = {"entities": "Invoice,Class", "changedSince": "2026-11-19"}
    invoices, classes = client.call("GET", "cdc", params=parameters).json()["CDCResponse"][0]["QueryResponse"]
    by_id = {body["Id"]: body for body in invoices["Invoice"]}
    assert by_id[present["Id"]]["TotalAmt"] == 100
    assert by_id[gone["Id"]]["status"] == "Deleted"
    assert classes == {}


def test_changes_need_known_entities_and_a_moment(client: Client) -> None:
    for parameters, code in (
        ({"entities": "TaxCode", "changedSince": "2026-11-19"}, "2000"),
        ({"entities": "Invoice", "changedSince": "soon"}, "2060"),
        ({"entities": "Invoice"}, "2020"),
    ):
        assert client.call("GET", "cdc", params=parameters).json()["Fault"]["Error"][0]["code"] == code


def test_the_same_requestid_gets_the_first_answer_again(client: Client) -> None:
    first = client.save("Invoice", TXN, requestid="once")
    assert client.save("Invoice", TXN, requestid="once") == first
    client.save("Invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    assert client.save("Invoice", TXN, requestid="once") == first
    assert client.refused("Invoice", TXN, requestid="x" * 51)["code"] == "2130"


def test_a_document_is_a_real_pdf(client: Client) -> None:
    made = client.save("Invoice", TXN)
    answer = client.call("GET", f"invoice/{made['Id']}/pdf", headers={"Accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-") and answer.content.rstrip().endswith(b"%%EOF")
    assert client.call("GET", "bill/1/pdf").json()["Fault"]["Error"][0]["code"] == "500"


def test_sending_marks_the_document(client: Client) -> None:
    made = client.save("Invoice", TXN)
    answer = client.call("POST", f"invoice/{made['Id']}/send", params={"sendTo": "someone@example.com"})
    sent = answer.json()["Invoice"]
    assert (sent["EmailStatus"], sent["BillEmail"]["Address"]) == ("EmailSent", "someone@example.com")
    assert sent["DeliveryInfo"]["DeliveryType"] == "Email"


def test_sending_without_any_address_is_refused(client: Client) -> None:
    customer = client.save("Customer", {"DisplayName": "No Mail"})
    made = client.save("Invoice", {**TXN, "CustomerRef": {"value": customer["Id"]}})
    answer = client.call("POST", f"invoice/{made['Id']}/send")
    assert answer.json()["Fault"]["Error"][0]["code"] == "6420"


def test_a_file_goes_up_and_comes_down(client: Client) -> None:
    made = client.save("Invoice", TXN)
    link = (
        b'{"AttachableRef":[{"EntityRef":{"type":"invoice","value":"%b"}}],"FileName":"a.txt"}'
        % made["Id"].encode()
    )
    for end in (b"\r\n", b"\n"):
        attached = upload(client, link, b"hello\r\nworld", end=end).json()["AttachableResponse"][0][
            "Attachable"
        ]
        assert (attached["Size"], attached["FileName"]) == (12, "a.txt")
        assert attached["AttachableRef"][0]["EntityRef"]["type"] == "Invoice"
        address = client.call("GET", f"download/{attached['Id']}").text
        assert httpx2.get(address).content == b"hello\r\nworld"
        assert httpx2.get(address[:-1] + "0").status_code in (200, 403)
    condition = f"AttachableRef.EntityRef.Type = 'Invoice' and AttachableRef.EntityRef.value = '{made['Id']}'"
    found = client.select(f"select * from Attachable where {condition}")
    assert len(found) == 2
    assert found[0]["TempDownloadUri"].startswith("http")


def test_a_link_runs_out_after_fifteen_minutes(client: Client, address: str) -> None:
    attached = upload(client, b"{}", b"x").json()["AttachableResponse"][0]["Attachable"]
    link = client.call("GET", f"download/{attached['Id']}").text
    httpx2.post(f"{address}/_simulator/clock", json={"advance_seconds": 901})
    assert httpx2.get(link).status_code == 403
    httpx2.post(f"{address}/_simulator/clock", json={"advance_seconds": -901})


def test_files_of_other_types_and_broken_metadata_are_refused_in_their_part(client: Client) -> None:
    for metadata, name, code in (
        (b"{}", "a.exe", "6041"),
        (b"nonsense", "a.txt", "6040"),
        (b'{"Foo":1}', "a.txt", "2010"),
    ):
        part = upload(client, metadata, b"x", name).json()["AttachableResponse"][0]
        assert part["Fault"]["Error"][0]["code"] == code


def test_a_request_of_a_hundred_megabytes_is_taken_and_one_byte_more_is_refused(client: Client) -> None:
    head = len(upload_body(b"{}", b""))
    largest = b"\r\n" * ((100_000_000 - head) // 2) + b"x" * (head % 2)

    taken = upload(client, b"{}", largest).json()["AttachableResponse"][0]["Attachable"]
    refused = upload(client, b"{}", largest + b"x")

    assert taken["Size"] == 100_000_000 - head
    assert (refused.status_code, refused.json()["Fault"]["Error"][0]["code"]) == (400, "6030")


def test_an_upload_without_a_length_is_refused(client: Client) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}

    answer = client.call("POST", "upload", content=iter([upload_body(b"{}", b"x")]), headers=headers)

    assert answer.json()["Fault"]["Error"][0]["code"] == "6020"


def test_an_upload_with_more_parts_than_any_client_sends_is_refused(client: Client) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}

    answer = client.call("POST", "upload", content=b"--XX" * 1_000_000, headers=headers)

    assert answer.json()["Fault"]["Error"][0]["code"] == "6041"


def test_rates_of_exchange_are_stored_per_day(client: Client) -> None:
    def rate(day: str) -> Any:
        parameters = {"sourcecurrencycode": "EUR", "asofdate": day}
        return client.call("GET", "exchangerate", params=parameters).json()["ExchangeRate"]["Rate"]

    client.save("ExchangeRate", {"SourceCurrencyCode": "EUR", "AsOfDate": "2026-01-31", "Rate": 1.1})
    assert (rate("2026-01-30"), rate("2026-01-31"), rate("2026-02-05")) == (1, 1.1, 1.1)


def test_the_tax_service_makes_a_code_that_works(client: Client) -> None:
    body = {
        "TaxCode": "County",
        "TaxRateDetails": [
            {"TaxRateName": "County 5", "RateValue": "5", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}
        ],
    }
    made = client.call("POST", "taxservice/taxcode", json=body).json()
    lines = [sales_line(10_000, TaxCodeRef={"value": "TAX"})]
    invoice = client.save(
        "Invoice", {**TXN, "Line": lines, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": made["TaxCodeId"]}}}
    )
    assert invoice["TotalAmt"] == 105


def test_preferences_and_company_info_can_be_read_and_changed(client: Client) -> None:
    info = client.call("GET", f"companyinfo/{client.realm}").json()["CompanyInfo"]
    assert client.select("select * from CompanyInfo")[0]["CompanyName"] == info["CompanyName"]
    changed = client.save(
        "CompanyInfo", {"Id": "1", "SyncToken": info["SyncToken"], "sparse": True, "LegalName": "Legal"}
    )
    assert changed["LegalName"] == "Legal"
    assert (
        client.call("GET", "preferences").json()["Preferences"]["CurrencyPrefs"]["HomeCurrency"]["value"]
        == "USD"
    )


def test_answers_carry_a_trace_id_and_are_packed_when_asked(client: Client) -> None:
    answer = client.call(
        "GET", "query", params={"query": "select * from Account"}, headers={"Accept-Encoding": "gzip"}
    )
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["intuit_tid"]
    assert len(answer.json()["QueryResponse"]["Account"]) == 89


def test_paths_do_not_mind_their_case_and_unknown_ones_are_unsupported(client: Client) -> None:
    assert client.call("GET", "Customer/1").status_code == 200
    for path in ("nothing", "customer/1/nothing", "reports/Nothing", "customertype/1/pdf"):
        answer = client.call("GET", path)
        error = answer.json()["Fault"]["Error"][0]
        assert (answer.status_code, error["code"]) == (400, "500")
        assert "Operation Could not find resource for relative" in error["Detail"]


def test_a_bad_id_says_what_was_supplied(client: Client) -> None:
    error = client.call("GET", "invoice/1.5").json()["Fault"]["Error"][0]
    assert (error["code"], error["Detail"], error["element"]) == (
        "2030",
        "Id should be a valid number. Supplied value:1.5",
        "Id",
    )


def test_a_payment_is_voided_by_an_update_that_includes_void(client: Client) -> None:
    invoice = client.save("Invoice", TXN)
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 40, "Line": [paid("Invoice", invoice["Id"], 40)]}
    payment = client.save("Payment", body)
    key = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    assert client.refused("Payment", key, operation="void")["code"] == "500"
    assert client.save("Payment", key, operation="update", include="void")["PrivateNote"] == "Voided"
    assert client.get_one("Invoice", invoice["Id"])["Balance"] == 100


def test_a_template_is_stored_found_and_deleted_wrapped_by_its_kind(client: Client) -> None:
    info = {"Name": "Monthly", "RecurType": "Automated", "Active": True}
    answer = client.call("POST", "recurringtransaction", json={"Invoice": {**TXN, "RecurringInfo": info}})
    made = answer.json()["RecurringTransaction"]["Invoice"]
    (found,) = client.select("select * from RecurringTransaction where Type = 'Invoice'")
    assert found["Invoice"]["RecurringInfo"]["Name"] == "Monthly"
    key = {"RecurringTransaction": {"Invoice": {"Id": made["Id"], "SyncToken": "0"}}}
    answer = client.call("POST", "recurringtransaction", json=key, params={"operation": "delete"})
    assert answer.json()["RecurringTransaction"]["status"] == "Deleted"
    assert client.select("select * from RecurringTransaction") == []
    for body, code in (({"Invoice": TXN}, "2020"), ({"Customer": {}}, "2000"), ({}, "2010")):
        answer = client.call("POST", "recurringtransaction", json=body)
        assert answer.json()["Fault"]["Error"][0]["code"] == code


@pytest.mark.parametrize(
    ("expires", "signature"), [("\u00b2", "x"), ("99999999999", "\u00e9"), ("9" * 5000, "x")]
)
def test_a_link_of_nonsense_opens_nothing(client: Client, expires: str, signature: str) -> None:
    asked = {"expires": expires, "signature": signature}
    assert client.get(f"/temporary/{client.realm}/1", params=asked).status_code == 403


def test_an_update_by_name_needs_an_id_and_never_makes_a_record(client: Client) -> None:
    body = {"DisplayName": "Nobody yet"}
    assert client.refused("Customer", body, operation="update")["code"] == "2020"
    item = {"bId": "1", "operation": "update", "Customer": body}
    answer = client.call("POST", "batch", json={"BatchItemRequest": [item]}).json()
    assert answer["BatchItemResponse"][0]["Fault"]["Error"][0]["code"] == "2020"
    assert client.select("select * from Customer where DisplayName = 'Nobody yet'") == []
