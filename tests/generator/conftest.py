"""A made-up vendor, small and whole, that tests copy and break."""

import textwrap

import pytest

INTEGRATION = """\
integration: shelf
title: Shelf
summary: A library that lends books.
docs: https://shelf.example/docs
guidance: |
  A book is lent to a reader.
environments: { live: "https://{region}.shelf.example/v1" }
auth: { type: headers, headers: { X-Key: "{key}" } }
account:
  region: { title: Region, description: Where the library is., identifies: true }
  key: { title: Key, description: From the settings., secret: true }
rate_limit: { limited_when: { status: [429] } }
query:
  and: ";"
  order_by: "{field}"
  conditions: { equals: "{field}={value}", contains: "{field}~{value}", from: "{field}>{value}", until: "<" }
  strings: { quote: "" }
pagination: { style: page, first: 1, limit: { default: 20, max: 100 } }
tags: { books: What is lent., people: Who reads., destructive: What cannot be undone. }
methods:
  list:
    request: GET /{path}?where={conditions}&sort={order_by}&page={page}&size={limit}
    returns: { records: "" }
    risk: read
    note: Filters are joined.
  get: { request: "GET /{path}/{id}", returns: { record: "" }, risk: read }
  create: { request: "POST /{path}", body: record, returns: { record: "" }, risk: create }
  update:
    request: PATCH /{path}/{id}
    body: json_patch
    returns: { record: "" }
    risk: overwrite
  delete:
    request: DELETE /{path}/{id}
    returns: { nothing: true }
    risk: destroy
    tags: [destructive]
errors:
  message: message
  not_found: { "404": There is no such book. }
"""

TYPES = """\
types:
  Date: { type: string, format: date }
  Person:
    type: object
    properties:
      id: { type: integer }
      name: { type: string }
groups:
  record:
    id:
      type: integer
      access: read_only
      description: The number of the record.
      required_for: [get, update, delete]
      filter: equals
      sort: true
"""

BOOK = """\
resource: books
entity: Book
path: books
singular: book
summary: Something to read.
description: |
  A book is on the shelf or lent.
docs: https://shelf.example/books
tags: [books]
include: [record]
fields:
  title:
    type: string
    description: What stands on the cover. Give it in full.
    required_for: [create]
    filter: contains
    sort: true
  author:
    $ref: types.yaml#/types/Person
    description: Who wrote it.
  lent:
    $ref: types.yaml#/types/Date
    access: read_only
    description: When it was lent.
    filter: range
methods:
  list:
    columns: [id, title]
    description: Find books by title or by when they were lent.
    examples:
      - prompt: Which books are about gardens?
        arguments: { title_contains: garden }
  get:
    description: Read one book of the shelf.
  create:
    description: Put a new book on the shelf. Find others with [[this.list]].
  update:
    description: Correct the title of a book, as [[books.get]] gives it.
  delete:
    description: Take a book off the shelf for good.
"""


class Shelf:
    """The folder of the made-up vendor. `write` breaks it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "shelf").mkdir(parents=True)
        self.texts = {"integration": INTEGRATION, "types": TYPES, "book": BOOK}
        for name in self.texts:
            self.write(name, self.texts[name])

    def write(self, name, text):
        (self.folder / "shelf" / f"{name}.yaml").write_text(textwrap.dedent(text), encoding="utf-8")

    def change(self, name, old, new):
        assert self.texts[name].count(old) == 1, (name, old)
        self.texts[name] = self.texts[name].replace(old, new)
        self.write(name, self.texts[name])


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Shelf(tmp_path / "definitions")
