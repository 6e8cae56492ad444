-- Run once as PostgreSQL's administrator:  psql --set=owner_password=… --set=password=… --file=postgresql.sql
-- Two roles: the owner changes the tables (kiosk-central migrate), the other one serves and cannot. Each has a password
-- of its own: whoever has got into the server process must not have the owner's.
\set ON_ERROR_STOP on
CREATE ROLE kiosk_central_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE kiosk_central LOGIN PASSWORD :'password';
CREATE DATABASE kiosk_central OWNER kiosk_central_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE kiosk_central FROM PUBLIC;
GRANT CONNECT ON DATABASE kiosk_central TO kiosk_central;
\connect kiosk_central
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO kiosk_central_owner;
GRANT USAGE ON SCHEMA public TO kiosk_central;
ALTER DEFAULT PRIVILEGES FOR ROLE kiosk_central_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO kiosk_central;
ALTER DEFAULT PRIVILEGES FOR ROLE kiosk_central_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO kiosk_central;
