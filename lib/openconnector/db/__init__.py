"""The only package that knows SQL: rows, queries as functions, migrations."""
