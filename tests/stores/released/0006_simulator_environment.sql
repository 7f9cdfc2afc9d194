-- Accounts that were connected at a simulator of the vendor are of the environment "simulator", which was "stand-in".

UPDATE account SET environment = 'simulator' WHERE environment = 'stand-in';
