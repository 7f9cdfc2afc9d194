-- Where one consent covers several companies, what the vendor granted waits for the person's choice. It is encrypted.

ALTER TABLE "authorization" ADD COLUMN granted BLOB;
