--
-- PostgreSQL database cluster dump
--

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE feature_loader;
ALTER ROLE feature_loader WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS PASSWORD '{{postgres.feature-loader.verifier}}';
CREATE ROLE features_read;
ALTER ROLE features_read WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS;


--
-- User Configurations
--


--
-- Role memberships
--

GRANT features_read TO feature_loader WITH INHERIT TRUE GRANTED BY postgres;
GRANT pg_execute_server_program TO feature_loader WITH INHERIT TRUE GRANTED BY postgres;


--
-- PostgreSQL database cluster dump complete
--

