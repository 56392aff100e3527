-- Run once on the primary, as its superuser. The password belongs into mktd.env.
CREATE ROLE mktd LOGIN PASSWORD 'PASSWORD';
CREATE DATABASE mkt OWNER mktd TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
