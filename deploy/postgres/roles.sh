#!/bin/sh
# Run once by the postgres image, on an empty volume: an owner that migrates, an application role that owns nothing.
set -eu
psql --username postgres --dbname postgres --set ON_ERROR_STOP=1 \
    --set owner_password="$FI_OWNER_PASSWORD" --set app_password="$FI_APP_PASSWORD" <<'SQL'
CREATE ROLE fi_owner WITH LOGIN CREATEDB PASSWORD :'owner_password';
CREATE ROLE fi_app WITH LOGIN PASSWORD :'app_password';
ALTER ROLE fi_app SET lock_timeout = '3s';
ALTER ROLE fi_app SET statement_timeout = '15s';
ALTER ROLE fi_app SET idle_in_transaction_session_timeout = '10s';
CREATE DATABASE fi OWNER fi_owner;
REVOKE ALL ON DATABASE fi FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE fi TO fi_app;
SQL
