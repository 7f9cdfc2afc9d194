"""Every kind of error in a definition, and the sentence it gets: file, line, place, what is wrong, the right word."""

import shutil
from pathlib import Path

import pytest

from generator.compile import DefinitionErrors, check, compile_catalog

BOOK, TYPES, INTEGRATION = (f"definitions/shelf/{name}.yaml" for name in ("book", "types", "integration"))


def write_dashboard(reads: str, panel: str = "") -> str:
    """A dashboard before the errors of integration.yaml."""
    steps = "steps: { week: w, month: m, week_end: Sunday }"
    return f"dashboard: {{ {steps}, reads: {{ all: {{ {reads} }} }}{panel} }}\nerrors:\n"


def write_fix(fix: str) -> str:
    """A fix of an item of the month-end checklist, before the errors of integration.yaml."""
    books = "transactions: { books: { kind: invoice } }, lists: { items: { resource: books, fields: { name: title } } }"
    return f"insights: {{ {books}, fixes: {{ suspense: [{fix}] }} }}\nerrors:\n"


def write_panel(read: str = "all", records: str = "books", day: str = "title") -> str:
    """A panel of a dashboard that lists books."""
    return (
        f", overdue: {{ title: Late, read: {read}, records: {records}, number: title, party: title, day: {day}, "
        "amount: title }"
    )


ALL = "tool: books.list"

CASES = {
    "a misspelt word of a field": (
        "book",
        "    required_for: [create]",
        "    requierd_for: [create]",
        f'{BOOK}:15: title.requierd_for: "requierd_for" is an unknown key for a field. Did you mean "required_for"?',
    ),
    "a misspelt word of a method": (
        "book",
        "    columns: [id, title]",
        "    colums: [id, title]",
        f'{BOOK}:28: methods.list.colums: "colums" is an unknown key for a method. Did you mean "columns"?',
    ),
    "a word no field has": (
        "book",
        "    description: Who wrote it.",
        "    description: Who wrote it.\n    colour: green",
        f'{BOOK}:21: author.colour: "colour" is an unknown key for a field.',
    ),
    "a sensitive field that a list would say by its filter": (
        "book",
        "    description: What stands on the cover. Give it in full.",
        "    description: What stands on the cover. Give it in full.\n    sensitive: true",
        f"{BOOK}:12: title: title is sensitive, so nobody may filter or sort by it.",
    ),
    "an unknown type of JSON": (
        "book",
        "  title:\n    type: string",
        "  title:\n    type: sting",
        (
            f'{BOOK}:13: title.type: "sting" is not one of string, number, integer, boolean, array, object. '
            'Did you mean "string"?'
        ),
    ),
    "an unknown shared type": (
        "book",
        "types.yaml#/types/Person",
        "types.yaml#/types/Persen",
        f'{BOOK}:18: author: There is no type "Persen" in types.yaml. Did you mean "Person"?',
    ),
    "an unknown group": (
        "book",
        "include: [record]",
        "include: [records]",
        f'{BOOK}:10: include.0: There is no group "records" in types.yaml. Did you mean "record"?',
    ),
    "a sentence without its full stop": (
        "book",
        "description: Who wrote it.",
        "description: Who wrote it",
        f'{BOOK}:20: author.description: "Who wrote it" must end with a full stop.',
    ),
    "a repeated key": (
        "book",
        "    description: Who wrote it.",
        "    description: Who wrote it.\n    description: Who is it.",
        f'{BOOK}:21: author.description: "description" is given twice; the first is on line 20.',
    ),
    "a dead link": (
        "book",
        "[[books.get]]",
        "[[book.get]]",
        (
            f"{BOOK}:38: methods.update.description: [[book.get]] leads nowhere: there is no such tool. "
            'Did you mean "books.get"?'
        ),
    ),
    "a field twice": (
        "book",
        "  lent:\n    $ref",
        "  id:\n    $ref",
        f'{BOOK}:21: id: The group "record" has a field "id" already; a field is defined once.',
    ),
    "a placeholder that nothing fills": (
        "integration",
        "    request: PATCH /{path}/{id}",
        "    request: PATCH /{path}/{idd}",
        f'{INTEGRATION}:29: methods.update.request: {{idd}} is filled by nothing. Did you mean "id"?',
    ),
    "an address that no account field fills": (
        "integration",
        "https://{region}.shelf",
        "https://{place}.shelf",
        f"{INTEGRATION}:7: environments.live: {{place}} is filled by nothing: the account has no such field.",
    ),
    "an unknown tag": (
        "book",
        "tags: [books]",
        "tags: [boks]",
        f'{BOOK}:9: tags: "boks" is not in the table of tags in integration.yaml. Did you mean "books"?',
    ),
    "an unknown risk": (
        "integration",
        "risk: overwrite",
        "risk: overwite",
        (
            f'{INTEGRATION}:32: methods.update.risk: "overwite" is not one of read, create, overwrite, destroy, send. '
            'Did you mean "overwrite"?'
        ),
    ),
    "a column that is no field": (
        "book",
        "columns: [id, title]",
        "columns: [id, titel]",
        f'{BOOK}:28: methods.list.columns: "titel" is not a field of books. Did you mean "title"?',
    ),
    "an example that does not fit": (
        "book",
        "{ title_contains: garden }",
        "{ title_contains: 7 }",
        (
            f"{BOOK}:32: methods.list.examples.0.arguments: The example does not fit the tool: title_contains: "
            '7 is not of type "string".'
        ),
    ),
    "a method without its request": (
        "book",
        "  delete:\n",
        "  lend:\n",
        (
            f'{BOOK}:39: methods.lend: "request" and "returns" and "risk" are missing, and integration.yaml has no '
            'usual method "lend" to take it from. The usual methods are list, get, create, update, delete.'
        ),
    ),
    "a tool name that is too long": (
        "book",
        "  delete:\n",
        "  delete:\n    tool_name: take_off_the_shelf_for_good_and_never_put_it_back_again_please\n",
        (
            f"{BOOK}:40: methods.delete.tool_name: "
            '"take_off_the_shelf_for_good_and_never_put_it_back_again…" must be small '
            "letters, digits and underscores, 48 at most."
        ),
    ),
    "a resource whose tools get names that are too long": (
        "book",
        "singular: book\n",
        "singular: book_on_the_highest_shelf_of_them_all\n",
        (
            f'{BOOK}:33: methods.get: The tool name "get_single_shelf_book_on_the_highest_shelf_of_them_all_by_id" '
            'has 60 characters; 48 is the most that every host takes. Give a shorter one with "tool_name"; a name that '
            'agents call already goes to "former_names".'
        ),
    ),
    "a former name that another tool has": (
        "book",
        "  delete:\n",
        "  delete:\n    former_names: [create_a_shelf_book]\n",
        (
            f'{BOOK}:40: methods.delete.former_names: "create_a_shelf_book" is a name of the tool '
            "create_a_shelf_book, so a call of it would be ambiguous. Leave it out."
        ),
    ),
    "two tools that begin alike": (
        "book",
        "description: Read one book of the shelf.",
        "description: Find books by title or by when they were lent. Or one.",
        (
            f"{BOOK}:34: methods.get.description: The first sentence is the same as that of list_all_shelf_books, so a "
            "model cannot distinguish them."
        ),
    ),
    "a filter that the language lacks": (
        "book",
        "filter: contains",
        "filter: any_of",
        (
            f'{BOOK}:27: methods.list: title is filtered by "any_of", which query.conditions does not have. '
            "Add it there, or name {title_any_of} in the request of the method."
        ),
    ),
    "an anchor": (
        "book",
        "include: [record]",
        "include: &all [record]",
        (
            f"{BOOK}:10: Anchors and aliases are not allowed. Share with $ref or include. A text cannot begin with "
            '& or *: Put the text in quotes ("…"), or begin it on the next line after "|".'
        ),
    ),
    "a tag of YAML": (
        "book",
        "include: [record]",
        "include: !!python/object:os.system [record]",
        (
            f'{BOOK}:10: The YAML tag "tag:yaml.org,2002:python/object:os.system" is not allowed. A text cannot begin '
            'with an exclamation mark. Put the text in quotes ("…"), or begin it on the next line after "|".'
        ),
    ),
    "a tab": (
        "book",
        "  title:\n    type: string",
        "  title:\n\ttype: string",
        f"{BOOK}:13: A tab stands where YAML wants spaces. Indent with two spaces.",
    ),
    "a second document": (
        "types",
        "groups:",
        "---\ngroups:",
        f"{TYPES}:8: A file holds one document; split it.",
    ),
    "a missing word": (
        "book",
        "singular: book\n",
        "",
        f'{BOOK}:1: "singular" is missing.',
    ),
    "an address that is no text": (
        "integration",
        "title: Shelf",
        "title: [Shelf]",
        f'{INTEGRATION}:2: title: This must be text, but is ["Shelf"].',
    ),
    "a link of a loop": (
        "types",
        "  Date: { type: string, format: date }",
        "  Date: { $ref: '#/types/Day' }\n  Day: { $ref: '#/types/Date' }",
        f"{TYPES}:3: types.Day: The types refer to each other in a circle: Date → Day → Date.",
    ),
    "a name that no provider takes": (
        "book",
        "  author:",
        "  the-author:",
        f'{BOOK}:18: the-author: The name "the-author" must be letters, digits and underscores, 64 at most.',
    ),
    "a field without a sentence": (
        "book",
        "    description: Who wrote it.\n",
        "",
        f'{BOOK}:18: author: The argument "author" needs a sentence.',
    ),
    "a comma that ends a sentence in braces": (
        "integration",
        "{ title: Key, description: From the settings., secret: true }",
        "{ title: Key, description: Ask, or look., secret: true }",
        f'{INTEGRATION}:11: account.key.or look.: "or look." is an unknown key for an account field.',
    ),
    "a link in capitals": (
        "book",
        "[[books.get]]",
        "[[Books.get]]",
        (
            f'{BOOK}:38: methods.update.description: "[[Books.get" is no link. Write [[resource.method]], in small '
            'letters. Did you mean "books.get"?'
        ),
    ),
    "a link that is not closed": (
        "book",
        "[[books.get]] gives it.",
        "[[books.get].",
        (
            f'{BOOK}:38: methods.update.description: "[[books.get" is no link. Write [[resource.method]], in small '
            'letters. Did you mean "books.get"?'
        ),
    ),
    "a dead link in a note": (
        "integration",
        "note: Filters are joined.",
        "note: Filters are joined as [[boks.list]] does.",
        (
            f"{INTEGRATION}:25: methods.list.note: [[boks.list]] leads nowhere: there is no such tool. "
            'Did you mean "books.list"?'
        ),
    ),
    "a dead link in advice": (
        "integration",
        "There is no such book. }",
        "'There is none; see [[books.lst]].' }",
        (
            f"{INTEGRATION}:40: errors.not_found.404: [[books.lst]] leads nowhere: there is no such tool. "
            'Did you mean "books.list"?'
        ),
    ),
    "a method that no field can be required for": (
        "book",
        "required_for: [create]",
        "required_for: [creat]",
        f'{BOOK}:15: title.required_for: There is no method "creat". Did you mean "create"?',
    ),
    "a method in a shared group that no field can be required for": (
        "types",
        "required_for: [get, update, delete]",
        "required_for: [get, updat, delete]",
        f'{TYPES}:14: groups.record.id.required_for: There is no method "updat". Did you mean "update"?',
    ),
    "a pattern that is none": (
        "book",
        "    required_for: [create]",
        '    pattern: "("',
        f"{BOOK}:12: title: The pattern is no regular expression.",
    ),
    "limits that nothing retains": (
        "book",
        "    required_for: [create]",
        "    minLength: 9\n    maxLength: 1",
        f"{BOOK}:12: title: minLength is 9, which is more than maxLength, 1.",
    ),
    "a limit below nothing": (
        "book",
        "    required_for: [create]",
        "    maxLength: -1",
        f"{BOOK}:15: title.maxLength: This must be at least 0, but is -1.",
    ),
    "a default of another type": (
        "book",
        "    required_for: [create]",
        "    default: 7",
        f"{BOOK}:12: title: The default is not a value that the field takes.",
    ),
    "words to choose from for a number": (
        "types",
        "      id: { type: integer }",
        "      id: { type: integer, enum: [one] }",
        f"{BOOK}:18: author: author.id: enum lists texts, but the type is integer.",
    ),
    "a list of who knows what": (
        "book",
        "    $ref: types.yaml#/types/Person",
        "    type: array",
        f'{BOOK}:18: author: A list needs "items", which says what it holds.',
    ),
    "a filter on the entries of a list": (
        "book",
        "    $ref: types.yaml#/types/Person",
        "    type: array\n    items: { type: string, filter: equals }",
        f'{BOOK}:18: author: author[]: "filter" does nothing inside a list.',
    ),
    "a part that is required for a method": (
        "types",
        "      name: { type: string }",
        "      name: { type: string, required_for: [create] }",
        (
            f'{BOOK}:18: author: author.name: "required_for" does nothing inside a field. Name the part under '
            '"required" of the field around it.'
        ),
    ),
    "a behaviour without the name of its integration": (
        "book",
        "  get:\n",
        "  get:\n    returns: { behaviour: rows }\n",
        (
            f'{BOOK}:34: methods.get.returns.behaviour: "rows" must be the integration and the name of its behaviour, '
            "such as acme.report_rows."
        ),
    ),
    "a needed part that is misspelt": (
        "types",
        "    properties:\n      id: { type: integer }",
        "    required: [nmae]\n    properties:\n      id: { type: integer }",
        f'{BOOK}:18: author: "nmae" is required, but is no part that a caller may give. Did you mean "name"?',
    ),
    "a filter with the name of an argument that every list has": (
        "book",
        "  author:\n",
        "  limit:\n    type: string\n    description: How long one may retain it.\n    filter: equals\n  author:\n",
        f'{BOOK}:18: limit: The argument "limit" is there already: every such tool has it.',
    ),
    "a policy fact of an unknown resource": (
        "integration",
        "errors:\n",
        "policy_facts: { days: [{ resources: [bookz], field: lent }] }\nerrors:\n",
        f'{INTEGRATION}:38: policy_facts.days.0: There is no resource "bookz". Did you mean "books"?',
    ),
    "a policy fact of an unknown field": (
        "integration",
        "errors:\n",
        "policy_facts: { amounts: [{ resources: [books], field: price }] }\nerrors:\n",
        f'{INTEGRATION}:38: policy_facts.amounts.0: books has no field "price".',
    ),
    "a policy fact that is said twice": (
        "integration",
        "errors:\n",
        "policy_facts: { drafts: [{ resources: [books] }, { resources: [books] }] }\nerrors:\n",
        f"{INTEGRATION}:38: policy_facts.drafts.1: books is named twice.",
    ),
    "a policy fact of an unknown record that holds others": (
        "integration",
        "errors:\n",
        "policy_facts: { unexamined: [bookz] }\nerrors:\n",
        f'{INTEGRATION}:38: policy_facts.unexamined.0: There is no resource "bookz". Did you mean "books"?',
    ),
    "a policy fact of an unknown record that has a currency": (
        "integration",
        "errors:\n",
        (
            "policy_facts: { currency: { field: coin, home: { tool: books.get, field: a }, several: "
            "{ tool: books.get, field: b }, rates: { tool: books.get, currency: c, day: d, field: e }, "
            "named_by: [bookz] } }\nerrors:\n"
        ),
        f'{INTEGRATION}:38: policy_facts.currency.named_by.0: There is no resource "bookz". Did you mean "books"?',
    ),
    "an effect on an unknown resource": (
        "integration",
        "errors:\n",
        (
            'effects: { figures: [{ resources: [bookz], kind: stock, field: copies, label: "{name}" }], bookings: '
            "[{ resources: [books], moves: [{ field: author, of: bookz, is: raised }] }] }\nerrors:\n"
        ),
        f'{INTEGRATION}:38: effects.figures.0: There is no resource "bookz". Did you mean "books"?',
    ),
    "an effect on what has no figure": (
        "integration",
        "errors:\n",
        (
            'effects: { figures: [{ resources: [books], kind: stock, field: title, label: "{name}" }], bookings: '
            "[{ resources: [books], moves: [{ field: author, of: authors, is: raised }] }] }\nerrors:\n"
        ),
        f"{INTEGRATION}:38: effects.bookings.0.moves.0: authors have no figure that is moved.",
    ),
    "an effect of an unknown field": (
        "integration",
        "errors:\n",
        (
            'effects: { figures: [{ resources: [books], kind: stock, field: title, label: "{name}" }], bookings: '
            "[{ resources: [books], moves: [{ field: shelfx, of: books, is: raised }] }] }\nerrors:\n"
        ),
        f'{INTEGRATION}:38: effects.bookings.0: books has no field "shelfx".',
    ),
    "a fix of the checklist by a tool that is not there": (
        "integration",
        "errors:\n",
        write_fix("{ tool: bookz.get, says: Open it. }"),
        (
            f"{INTEGRATION}:38: insights.fixes.suspense.0: [[bookz.get]] leads nowhere: there is no such tool. "
            'Did you mean "books.get"?'
        ),
    ),
    "an argument of a fix that its tool does not take": (
        "integration",
        "errors:\n",
        write_fix('{ tool: books.get, arguments: { id: "{id}", titel: "{text}" }, says: Open it. }'),
        f'{INTEGRATION}:38: insights.fixes.suspense.0.arguments.titel: books.get takes no argument "titel".',
    ),
    "an argument of a fix that nothing fills": (
        "integration",
        "errors:\n",
        write_fix('{ tool: books.get, arguments: { id: "{ids}" }, says: Open it. }'),
        (
            f'{INTEGRATION}:38: insights.fixes.suspense.0.arguments.id: Nothing fills "{{ids}}". '
            'Did you mean "id"?'
        ),
    ),
    "an argument that a fix lacks": (
        "integration",
        "errors:\n",
        write_fix("{ tool: books.get, says: Open it. }"),
        f'{INTEGRATION}:38: insights.fixes.suspense.0: books.get needs the argument "id".',
    ),
    "a fix of an unknown resource": (
        "integration",
        "errors:\n",
        write_fix('{ for: [bookz], tool: books.get, arguments: { id: "{id}" }, says: Open it. }'),
        f'{INTEGRATION}:38: insights.fixes.suspense.0.for: There is no "bookz". Did you mean "books"?',
    ),
    "a mapping of an unknown resource": (
        "integration",
        "errors:\n",
        "mapping: { resource: bookz, fields: { id: id, names: title } }\nsystem: books\nerrors:\n",
        f'{INTEGRATION}:38: mapping.resource: There is no list of "bookz". Did you mean "books"?',
    ),
    "an argument that the list of a mapping does not take": (
        "integration",
        "errors:\n",
        (
            "mapping: { resource: books, arguments: { titel: x }, fields: { id: id, names: title } }"
            "\nsystem: work\nerrors:\n"
        ),
        f'{INTEGRATION}:38: mapping.arguments.titel: The list of books takes no argument "titel".',
    ),
    "hours of a mapping that nothing lists": (
        "integration",
        "errors:\n",
        (
            "mapping: { resource: books, fields: { id: id, names: title }, "
            "hours: { resource: hourz, client: id, quantity: title } }\nsystem: work\nerrors:\n"
        ),
        f'{INTEGRATION}:38: mapping.hours.resource: There is no list of "hourz".',
    ),
    "a mapping of what is neither books nor a work system": (
        "integration",
        "errors:\n",
        "mapping: { resource: books, fields: { id: id, names: title } }\nerrors:\n",
        f"{INTEGRATION}:38: mapping: Companies of two systems are mapped: say with system which of them this is.",
    ),
    "a closing date that no tool reads": (
        "integration",
        "errors:\n",
        "policy_facts: { closing_date: { tool: settings.get, field: closed } }\nerrors:\n",
        f"{INTEGRATION}:38: policy_facts.closing_date.tool: [[settings.get]] leads nowhere: there is no such tool.",
    ),
    "a read of a dashboard by a tool that is not there": (
        "integration",
        "errors:\n",
        write_dashboard("tool: bookz.list"),
        (
            f"{INTEGRATION}:38: dashboard.reads.all.tool: [[bookz.list]] leads nowhere: there is no such tool. "
            'Did you mean "books.list"?'
        ),
    ),
    "an argument of a dashboard that its tool does not take": (
        "integration",
        "errors:\n",
        write_dashboard(ALL + ", arguments: { colour: a }"),
        f'{INTEGRATION}:38: dashboard.reads.all.arguments.colour: "colour" is no argument of books.list.',
    ),
    "a day of a dashboard that is not known": (
        "integration",
        "errors:\n",
        write_dashboard(ALL + ", arguments: { limit: '{todya}' }"),
        f'{INTEGRATION}:38: dashboard.reads.all.arguments.limit: {{todya}} is filled by nothing. Did you mean "today"?',
    ),
    "a panel of a read that is not there": (
        "integration",
        "errors:\n",
        write_dashboard(ALL, write_panel(read="al")),
        f'{INTEGRATION}:38: dashboard.overdue.read: There is no read "al". Did you mean "all"?',
    ),
    "a panel of records that are not there": (
        "integration",
        "errors:\n",
        write_dashboard(ALL, write_panel(records="bookz")),
        f'{INTEGRATION}:38: dashboard.overdue.records: There is no resource "bookz". Did you mean "books"?',
    ),
    "a panel of a field that its list does not show": (
        "integration",
        "errors:\n",
        write_dashboard(ALL, write_panel(day="lent")),
        f'{INTEGRATION}:38: dashboard.overdue.day: The list has no column "lent".',
    ),
    "a dashboard that would write": (
        "integration",
        "errors:\n",
        write_dashboard("tool: books.create"),
        f"{INTEGRATION}:38: dashboard.reads.all.tool: books.create does not only read.",
    ),
    "a currency of a company that no tool reads": (
        "integration",
        "errors:\n",
        "company: { currency: { tool: settings.get, field: coin } }\nerrors:\n",
        f"{INTEGRATION}:38: company.currency.tool: [[settings.get]] leads nowhere: there is no such tool.",
    ),
    "a word of the query language that nothing fills": (
        "integration",
        'equals: "{field}={value}"',
        'equals: "{feld}={value}"',
        f'{INTEGRATION}:16: query.conditions.equals: {{feld}} is filled by nothing. Did you mean "field"?',
    ),
    "a usual page that is larger than the largest": (
        "integration",
        "default: 20, max: 100",
        "default: 200, max: 100",
        f"{INTEGRATION}:18: pagination.limit.default: The default is 200, which is more than 100, the most.",
    ),
    "a code with two meanings": (
        "integration",
        "  not_found: {",
        '  conflict: { "404": There are two of them. }\n  not_found: {',
        f'{INTEGRATION}:40: errors.conflict.404: The code "404" is not_found already.',
    ),
    "a pattern of the query language that is ambiguous": (
        "integration",
        "query:\n",
        'query:\n  pattern: "[[a]"\n  about: Ask.\n',
        f"{INTEGRATION}:14: query.pattern: This is not a pattern: Possible nested set at position 1.",
    ),
    "a pattern of the query language that is none": (
        "integration",
        "query:\n",
        'query:\n  pattern: "("\n  about: Ask.\n',
        (
            f"{INTEGRATION}:14: query.pattern: This is not a pattern: missing ), unterminated subpattern at "
            "position 0."
        ),
    ),
    "a usual method in capitals": (
        "integration",
        "  delete:\n",
        "  Delete:\n",
        f'{INTEGRATION}:33: methods.Delete: The name "Delete" must be small letters and underscores.',
    ),
    "an account field that no template could name": (
        "integration",
        "  key: {",
        "  api-key: {",
        f'{INTEGRATION}:11: account.api-key: The name "api-key" must be letters, digits and underscores.',
    ),
    "a case of advice that fills nothing": (
        "integration",
        '"404": There is no such book.',
        '"404": { cases: [{ when: { text: "book (?P<id>x)" }, message: "Look {ip} up." }], otherwise: Look it up. }',
        (
            f"{INTEGRATION}:40: errors.not_found.404.cases.0.message: {{ip}} is filled by nothing: "
            "it is no group of a pattern of this case."
        ),
    ),
    "a case of advice whose pattern is none": (
        "integration",
        '"404": There is no such book.',
        '"404": { cases: [{ when: { element: "(" }, message: Look. }], otherwise: Look it up. }',
        f"{INTEGRATION}:40: errors.not_found.404.cases.0.when.element: This is not a pattern: ",
    ),
    "a tag that is given twice": (
        "book",
        "tags: [books]",
        "tags: [books, people, books]",
        f'{BOOK}:9: tags: "books" is given twice.',
    ),
    "an empty name": (
        "book",
        "singular: book\n",
        'singular: ""\n',
        f'{BOOK}:4: singular: "" must be small letters and underscores.',
    ),
    "a kind of proof that is none": (
        "integration",
        "auth: { type: headers,",
        "auth: { type: header,",
        (
            f'{INTEGRATION}:8: auth.type: "header" is not one of oauth2, client_credentials, headers. '
            'Did you mean "headers"?'
        ),
    ),
    "no where only yes is meant": (
        "book",
        "    sort: true\n",
        "    sort: false\n",
        f"{BOOK}:17: title.sort: This must be true, but is false. Leave the key out otherwise.",
    ),
    "an address that is none": (
        "book",
        "docs: https://shelf.example/books",
        "docs: shelf",
        f'{BOOK}:8: docs: "shelf" must be an address that begins with https://.',
    ),
    "an unknown argument in an example": (
        "book",
        "{ title_contains: garden }",
        "{ title_contain: garden }",
        (
            f"{BOOK}:32: methods.list.examples.0.arguments: The example does not fit the tool: Additional properties "
            "are not allowed ('title_contain' was unexpected). Did you mean \"title_contains\"?"
        ),
    ),
    "a group of arguments that is not there": (
        "book",
        "  get:\n",
        "  get:\n    argument_groups: [recrd]\n",
        f'{BOOK}:34: methods.get.argument_groups.0: There is no group "recrd" in types.yaml. Did you mean "record"?',
    ),
    "a part of a body that no argument fills": (
        "book",
        "  create:\n",
        "  create:\n    body: { parts: [{ name: text, json: [title], file: titel }] }\n",
        (
            f'{BOOK}:36: methods.create.body: The part "text" takes "titel", which is no argument of this tool. '
            'Did you mean "title"?'
        ),
    ),
    "kinds of files without the argument that says the kind": (
        "book",
        "  create:\n",
        "  create:\n    body: { parts: [{ name: text, file: title, file_name: title, types: { txt: [a/b] } }] }\n",
        (
            f'{BOOK}:36: methods.create.body: {{"parts": [{{"name": "text", "file": "title", "file_name"…" is not one '
            "of record, whole_record, json_patch."
        ),
    ),
    "a kind of file without a media type": (
        "book",
        "  create:\n",
        "  create:\n    body: { parts: [{ name: text, file: id, file_name: id, media_type: id, types: { t: [] } }] }\n",
        (
            f'{BOOK}:36: methods.create.body: {{"parts": [{{"name": "text", "file": "id", "file_name": "…" is not one '
            "of record, whole_record, json_patch."
        ),
    ),
    "a placeholder in what is always sent that nothing fills": (
        "integration",
        "auth: { type: headers",
        'send_always: { headers: { X-Place: "{regin}" }, query: { place: "{key}" } }\nauth: { type: headers',
        (
            f"{INTEGRATION}:8: send_always.headers.X-Place: {{regin}} is filled by nothing: the account has no such "
            'field that is not secret. Did you mean "region"?'
        ),
    ),
    "a secret in what is always sent": (
        "integration",
        "auth: { type: headers",
        'send_always: { query: { place: "{key}" } }\nauth: { type: headers',
        (
            f"{INTEGRATION}:8: send_always.query.place: {{key}} is filled by nothing: the account has no such field "
            "that is not secret. A secret goes into auth.headers."
        ),
    ),
    "what is always sent as a list": (
        "integration",
        "auth: { type: headers",
        "send_always: { query: { place: [1, 2] } }\nauth: { type: headers",
        f"{INTEGRATION}:8: send_always.query.place: This must be text or a number or true or false, but is [1, 2].",
    ),
    "a fixed value without a body": (
        "book",
        "  get:\n",
        "  get:\n    fixed: { shelf: 3 }\n",
        (
            f'{BOOK}:34: methods.get.fixed: "shelf" would not be sent: this method has no body. '
            'Give "body", or put it into the query of the request.'
        ),
    ),
    "a fixed value that no part of the body has": (
        "book",
        "  create:\n",
        "  create:\n    body: { parts: [{ name: text, json: [title] }] }\n    fixed: { titel: 3 }\n",
        (
            f'{BOOK}:37: methods.create.fixed: "titel" would not be sent: no part of the body has it under "json". '
            'Did you mean "title"?'
        ),
    ),
    "a placeholder in a fixed value": (
        "book",
        "  create:\n",
        '  create:\n    fixed: { shelf: "{region}" }\n',
        f"{BOOK}:36: methods.create.fixed: {{region}} is not filled in a fixed value; it would be sent as it stands.",
    ),
    "an account field that a vendor without OAuth would have to say": (
        "integration",
        "description: From the settings., secret: true }",
        "description: From the settings., from: token.key }",
        (
            f"{INTEGRATION}:11: account.key.from: key can never be set: only oauth2 has a person's consent to take "
            'it from. Leave "from" out; the person who connects the account is asked for it.'
        ),
    ),
    "an account field of OAuth without a source": (
        "integration",
        'auth: { type: headers, headers: { X-Key: "{key}" } }',
        "auth: { type: oauth2, authorize_url: 'https://a.b', token_url: 'https://a.b', scopes: [] }",
        (
            f"{INTEGRATION}:11: account.key: key can never be set: with oauth2 nobody is asked for it. "
            'Give "from": callback.<parameter>, token.<key> or lookup.<path>.'
        ),
    ),
    "an address with an argument that may be left out": (
        "book",
        "  get:\n",
        (
            '  get:\n    request: "GET /{path}/{id}/{copy}"\n'
            "    arguments: { copy: { type: string, description: Which. } }\n"
        ),
        (
            f'{BOOK}:34: methods.get.request: {{copy}} is filled by the argument "copy", which a call may leave out. '
            "Require it (required_for: [get])."
        ),
    ),
    "a header field with an argument that may be left out": (
        "book",
        "  get:\n",
        (
            '  get:\n    headers: { X-Copy: "{copy}" }\n'
            "    arguments: { copy: { type: string, description: Which. } }\n"
        ),
        (
            f'{BOOK}:34: methods.get.headers: {{copy}} is filled by the argument "copy", which a call may leave out. '
            "Require it (required_for: [get])."
        ),
    ),
    "an argument that would replace a field of the account": (
        "book",
        "  get:\n",
        "  get:\n    arguments: { region: { type: string, description: Which. } }\n",
        (
            f'{BOOK}:34: methods.get.arguments.region: The argument "region" has the name of a field of the account, '
            "and would replace it in the request. Give it another name."
        ),
    ),
    "a filter that the request has no place for": (
        "integration",
        "GET /{path}?where={conditions}&",
        "GET /{path}?",
        (
            f"{BOOK}:12: title: title is filtered, but the request of list has no place for it: neither {{conditions}} "
            "nor {title_contains}. Put one of them into its query, or leave the filter out."
        ),
    ),
    "a bound of a filter that the request has no place for": (
        "integration",
        "GET /{path}?where={conditions}&",
        "GET /{path}?title={title_contains}&since={lent_from}&",
        (
            f"{BOOK}:21: lent: lent is filtered, but the request of list has no place for it: neither {{conditions}} "
            "nor {lent_until}. Put one of them into its query, or leave the filter out."
        ),
    ),
    "an order that the request has no place for": (
        "integration",
        "&sort={order_by}",
        "",
        (
            f"{BOOK}:12: title: title is sorted by, but the request of list has no place for it: no {{order_by}}. "
            "Put {order_by} into its query, or leave the sort out."
        ),
    ),
    "a default order that the request has no place for": (
        "book",
        "    columns: [id, title]\n",
        (
            "    columns: [id, title]\n    default_order: title\n"
            "    request: GET /{path}?where={conditions}&page={page}\n"
        ),
        (
            f"{BOOK}:29: methods.list.default_order: The request of list has no place for an order: no {{order_by}}. "
            "Put {order_by} into its query, or leave the default order out."
        ),
    ),
    "a statement without the conditions": (
        "integration",
        "GET /{path}?where={conditions}&sort={order_by}&page={page}&size={limit}\n",
        "GET /{path}?q={statement}&page={page}\n",
        (
            f"{BOOK}:12: title: title is filtered, but the request of list has no place for it: neither {{conditions}} "
            "nor {title_contains}. Put one of them into its query, or leave the filter out."
        ),
    ),
    "a placeholder alone in the query": (
        "integration",
        "&sort={order_by}",
        "&sort={order_by}&{limit}",
        (
            f'{INTEGRATION}:22: methods.list.request: "{{limit}}" is no parameter: its name has to stand before "=". '
            "Write it as name={value}. Of a list, {conditions} alone stands for one parameter for each filter."
        ),
    ),
    "a parameter of the query without a name": (
        "book",
        "  get:\n",
        '  get:\n    request: "GET /{path}/{id}?={id}"\n',
        (
            f'{BOOK}:34: methods.get.request: "={{id}}" is no parameter: its name has to stand before "=". '
            "Write it as name={value}."
        ),
    ),
    "a condition that is no parameter, for a request whose conditions are parameters": (
        "integration",
        "where={conditions}",
        "{conditions}",
        (
            f"{INTEGRATION}:16: query.conditions.contains: A request has {{conditions}} alone in its query, so each "
            'has to be one parameter. Write it as "{field}={value}", or give {conditions} a name in the request.'
        ),
    ),
    "a page that the request has no place for": (
        "integration",
        "&page={page}",
        "",
        (
            f"{INTEGRATION}:22: methods.list.request: The request of list has no {{page}}, so pages of the style page "
            "cannot be asked for. Put {page} into its query, or correct pagination.style."
        ),
    ),
    "a request for pages of another style": (
        "integration",
        "pagination: { style: page,",
        "pagination: { style: offset,",
        (
            f"{INTEGRATION}:22: methods.list.request: The request of list has no {{start}}, so pages of the style "
            "offset cannot be asked for. Put {start} into its query, or correct pagination.style."
        ),
    ),
    "a page that a resource's own request has no place for": (
        "book",
        "    columns: [id, title]",
        "    request: GET /{path}?where={conditions}&sort={order_by}&size={limit}",
        (
            f"{BOOK}:28: methods.list.request: The request of list has no {{page}}, so pages of the style page "
            "cannot be asked for. Put {page} into its query, or correct pagination.style."
        ),
    ),
    "a key in a header that is not secret": (
        "integration",
        "description: From the settings., secret: true }",
        "description: From the settings. }",
        (
            f"{INTEGRATION}:8: auth.headers.X-Key: No account field in it is secret, so what signs in would be stored "
            'and shown openly. Add "secret: true" to account.key.'
        ),
    ),
    "an Authorization header without a secret beside a header with one": (
        "integration",
        'headers: { X-Key: "{key}" }',
        'headers: { X-Key: "{key}", Authorization: "Basic {basic:{region}:}" }',
        (
            f"{INTEGRATION}:8: auth.headers.Authorization: No account field in it is secret, so what signs in would be "
            'stored and shown openly. Add "secret: true" to account.region.'
        ),
    ),
    "an open key in a header beside the one with the secret": (
        "integration",
        'headers: { X-Key: "{key}" }',
        'headers: { X-Key: "{key}", X-Site-Key: "{region}" }',
        (
            f"{INTEGRATION}:8: auth.headers.X-Site-Key: No account field in it is secret, so what signs in would be "
            'stored and shown openly. Add "secret: true" to account.region.'
        ),
    ),
    "an open token in a header that is always sent": (
        "integration",
        "rate_limit:",
        'send_always: { headers: { siteToken: "{region}" } }\nrate_limit:',
        (
            f"{INTEGRATION}:12: send_always.headers.siteToken: No account field in it is secret, so what signs in "
            'would be stored and shown openly. Add "secret: true" to account.region.'
        ),
    ),
    "a secret of a client that is not secret": (
        "integration",
        'auth: { type: headers, headers: { X-Key: "{key}" } }',
        (
            'auth: { type: client_credentials, token_url: "https://a.b", scopes: [], '
            'client: { id: "{key}", secret: "{region}" } }'
        ),
        (
            f"{INTEGRATION}:8: auth.client.secret: No account field in it is secret, so what signs in would be stored "
            'and shown openly. Add "secret: true" to account.region.'
        ),
    ),
    "an argument that is required": (
        "book",
        "  get:\n",
        "  get:\n    arguments: { copy: { type: string, description: Which., required: true } }\n",
        (
            f"{BOOK}:34: methods.get.arguments.copy.required: This must be a list of the parts that an object must "
            "have. For an argument itself, write required_for: [method]."
        ),
    ),
    "an unknown key that is like no other": (
        "integration",
        "page, first: 1,",
        "page, size: 1,",
        (
            f'{INTEGRATION}:18: pagination.size: "size" is an unknown key for pagination. Known keys: cursor, first, '
            "limit, parameter, sibling_fields, style, total."
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_error_is_said_with_its_line_and_the_right_word(shelf, case):
    name, right, wrong, sentence = case
    shelf.change(name, right, wrong)

    said = [str(error) for error in check([Path("definitions")])]

    assert sentence in said or any(each.startswith(sentence) for each in said)


def test_the_made_up_vendor_has_no_error(shelf):
    assert check([Path("definitions")]) == []


def test_all_errors_of_a_run_are_said_at_once(shelf):
    shelf.change("book", "    required_for: [create]", "    requierd_for: [create]")
    shelf.change("book", "[[books.get]]", "[[book.get]]")
    shelf.change("book", "tags: [books]", "tags: [boks]")
    shelf.change("integration", "https://{region}.shelf", "https://{place}.shelf")

    with pytest.raises(DefinitionErrors) as raised:
        compile_catalog(Path("definitions"))

    rules = {error.rule for error in raised.value.diagnostics}
    assert {"unknown key", "dead link", "tag", "placeholder"} <= rules
    assert len(str(raised.value).splitlines()) == len(raised.value.diagnostics)


def test_a_broken_file_does_not_make_the_links_to_it_dead(shelf):
    shelf.write("reader", "resource: readers\ntags: 7\n")
    shelf.change("book", "[[books.get]]", "[[readers.get]]")

    said = check([Path("definitions")])

    assert {error.file for error in said} == {"definitions/shelf/reader.yaml"}


def test_a_folder_without_an_integration_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "definitions").mkdir()

    said = check([Path("definitions")])

    assert [str(each) for each in said] == [
        "definitions:1: There is no integration here: no folder with an integration.yaml."
    ]


def test_two_files_for_one_resource_are_an_error(shelf):
    shelf.write("again", shelf.texts["book"])

    said = [str(each) for each in check([Path("definitions")])]

    assert (
        f'{BOOK}:1: resource: The resource "books" is defined in definitions/shelf/again.yaml already.'
        in said
    )


@pytest.mark.parametrize(("style", "needed"), [("cursor", "cursor"), ("link_header", "parameter")])
def test_a_style_of_paging_says_where_the_next_page_begins(shelf, style, needed):
    shelf.change("integration", "pagination: { style: page,", f"pagination: {{ style: {style},")
    shelf.change("integration", "page={page}", "after={cursor}")

    said = [str(each) for each in check([Path("definitions")])]

    assert said == [f'{INTEGRATION}:18: pagination.style: The style {style} needs "{needed}".']


def test_an_example_of_a_query_under_a_broken_pattern_is_no_second_failure(shelf):
    shelf.change("integration", "query:\n", 'query:\n  pattern: "("\n  about: Ask.\n')
    shelf.change("book", "    columns: [id, title]", "    query_example: select *")

    assert [error.rule for error in check([Path("definitions")])] == ["pattern"]


def test_what_waits_to_be_done_may_be_called_todo(shelf):
    shelf.change("book", "    required_for: [create]", "    enum: [TODO, DONE]")

    assert check([Path("definitions")]) == []


def test_a_filter_reaches_the_request_by_its_own_name_or_by_the_statement(shelf):
    usual = "GET /{path}?where={conditions}&sort={order_by}&page={page}&size={limit}"
    own = "title={title_contains}&id={number}&since={lent_from}&until={lent_until}"
    shelf.change("types", "      filter: equals\n", "      filter: equals\n      filter_name: number\n")

    shelf.change("integration", usual, f"GET /{{path}}?{own}&sort={{order_by}}&page={{page}}")
    by_name = check([Path("definitions")])
    shelf.change("integration", f"{own}&sort={{order_by}}", "q={statement}")
    shelf.change("integration", "query:\n", 'query:\n  statement: "{where} {order_by}"\n')
    by_statement = check([Path("definitions")])

    assert by_name == by_statement == []


def test_a_filter_with_a_place_of_its_own_needs_no_condition(shelf):
    shelf.change("integration", ', contains: "{field}~{value}"', "")
    shelf.change("integration", "?where={conditions}&", "?where={conditions}&title={title_contains}&")

    assert check([Path("definitions")]) == []


def test_a_resource_whose_own_request_has_no_order_needs_no_usual_one(shelf):
    shelf.change(
        "integration",
        '    returns: { records: "" }\n',
        '    returns: { records: "" }\n    default_order: id\n',
    )
    shelf.change(
        "book", "    columns: [id, title]", "    request: GET /{path}?where={conditions}&page={page}"
    )
    shelf.change("book", "    sort: true\n", "")
    shelf.change("types", "      sort: true\n", "")

    assert check([Path("definitions")]) == []


def test_a_resource_whose_own_request_names_no_page_is_answered_whole(shelf):
    own = "    request: GET /{path}?where={conditions}&sort={order_by}"
    shelf.change("book", "    columns: [id, title]", own)

    assert check([Path("definitions")]) == []


def test_a_public_id_may_fill_a_header_beside_the_one_with_the_secret(shelf):
    shelf.change("integration", 'X-Key: "{key}"', 'X-Key: "{key}", X-Place: "{region}", X-Key-Id: "{region}"')

    assert check([Path("definitions")]) == []


def write_reader(shelf):
    """Add a second resource, whose methods are the usual ones."""
    text = shelf.texts["book"].replace("book", "reader").replace("Book", "Reader")
    shelf.write("reader", text.replace("[readers]", "[people]").replace("shelf.\n", "shelf of readers.\n"))


def test_a_placeholder_of_a_usual_method_that_nothing_fills_is_reported_once(shelf):
    write_reader(shelf)
    shelf.change("integration", "    request: PATCH /{path}/{id}", "    request: PATCH /{path}/{id}/{copi}")

    said = [str(each) for each in check([Path("definitions")]) if each.rule == "placeholder"]

    assert said == [f"{INTEGRATION}:29: methods.update.request: {{copi}} is filled by nothing."]


def test_a_placeholder_of_a_usual_method_that_some_resources_fill_is_an_error_of_the_others(shelf):
    write_reader(shelf)
    shelf.change("integration", "    request: PATCH /{path}/{id}", "    request: PATCH /{path}/{id}/{copy}")
    argument = "    arguments: { copy: { type: string, description: Which., required_for: [update] } }\n"
    shelf.change("book", "  update:\n", f"  update:\n{argument}")

    said = [str(each) for each in check([Path("definitions")]) if each.rule == "placeholder"]

    assert said == ["definitions/shelf/reader.yaml:37: methods.update.request: {copy} is filled by nothing."]


def test_two_folders_for_one_integration_are_an_error(shelf):
    shutil.copytree("definitions/shelf", "definitions/shelves")

    said = [str(error) for error in check([Path("definitions")])]

    assert (
        'definitions/shelves/integration.yaml:1: integration: Another folder defines an integration "shelf" already.'
        in said
    )


def test_an_everyday_tool_that_does_not_exist_is_an_error(shelf):
    shelf.change("integration", "tags: {", "default_tools: [books.list, books.lend]\ntags: {")

    assert [str(each) for each in check([Path("definitions")])] == [
        "definitions/shelf/integration.yaml:19: default_tools.1: [[books.lend]] leads nowhere: there is no such tool."
    ]
