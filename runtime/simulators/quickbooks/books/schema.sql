-- One file holds any number of companies ("realms"). Money is in whole cents, moments in milliseconds since 1970 (UTC),
-- days as YYYY-MM-DD. `records.body` is the object exactly as it is sent; the other columns repeat what queries look for.

create table if not exists records (
  pk integer primary key,
  realm text not null,
  entity text not null,
  id text not null,
  num integer,                              -- the Id as a number, for order
  token integer not null,
  active integer not null default 1,
  created integer not null,
  updated integer not null,
  txn_date text,
  due_date text,
  total integer,
  balance integer,
  doc_number text collate nocase,
  customer text,
  vendor text,
  name text collate nocase,
  full_name text collate nocase,
  body text not null
);
create unique index if not exists records_id on records (realm, entity, id);
create index if not exists records_num on records (realm, entity, num);
create index if not exists records_date on records (realm, entity, txn_date, num);
create index if not exists records_due on records (realm, entity, due_date) where due_date is not null;
create index if not exists records_total on records (realm, entity, total) where total is not null;
create index if not exists records_balance on records (realm, entity, balance) where balance is not null;
create index if not exists records_number on records (realm, entity, doc_number) where doc_number is not null;
create index if not exists records_customer on records (realm, entity, customer) where customer is not null;
create index if not exists records_vendor on records (realm, entity, vendor) where vendor is not null;
create index if not exists records_name on records (realm, entity, name) where name is not null;
create index if not exists records_full_name on records (realm, entity, full_name) where full_name is not null;
create index if not exists records_updated on records (realm, entity, updated);
create index if not exists records_created on records (realm, entity, created);

create table if not exists deletions (realm text, entity text, id text, at integer, primary key (realm, entity, id));

create table if not exists counters (realm text, series text, value integer, primary key (realm, series)) without rowid;

-- Double entries. `cents` is positive for a debit; the lines of one transaction add up to zero.
create table if not exists postings (
  pk integer primary key,
  realm text not null,
  txn_type text not null,
  txn_id text not null,
  line text,                                -- Id of the line of the transaction it comes from, if any
  date text not null,
  account text not null,
  cents integer not null,
  customer text,
  vendor text,
  employee text,
  class text,
  department text,
  item text,
  quantity real,                            -- change of stock, on inventory lines
  memo text
);
create index if not exists postings_date on postings (realm, date, account, cents);
create index if not exists postings_account on postings (realm, account, date, cents);
create index if not exists postings_txn on postings (realm, txn_id, txn_type);
create index if not exists postings_item on postings (realm, item, account, cents, quantity) where item is not null;
create index if not exists postings_customer on postings (realm, customer, account, cents) where customer is not null;
create index if not exists postings_vendor on postings (realm, vendor, account, cents) where vendor is not null;

-- What settles what: a payment (or credit) applied to an open document.
create table if not exists links (
  pk integer primary key,
  realm text not null,
  from_type text not null,
  from_id text not null,
  to_type text not null,
  to_id text not null,
  cents integer not null,
  date text not null
);
create index if not exists links_from on links (realm, from_type, from_id);
create index if not exists links_to on links (realm, to_type, to_id);

create table if not exists replays (
  realm text, request_id text, at integer, status integer, body blob, primary key (realm, request_id)
) without rowid;

create table if not exists companies (realm text primary key, name text not null);

create table if not exists codes (
  hash text primary key, realm text, client text, redirect_uri text, scope text, expires integer
) without rowid;
create table if not exists tokens (
  hash text primary key, kind text, family text, realm text, client text, scope text, issued integer, expires integer,
  granted integer
) without rowid;
create index if not exists tokens_family on tokens (family);

create table if not exists settings (name text primary key, value text) without rowid;

create table if not exists files (realm text, id text, kind text, content blob, primary key (realm, id));
