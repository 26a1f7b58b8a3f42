-- What finance may ask in SQL: read-only views in a schema of their own, and logins whose merchants
-- hang on who they are.

select close_functions();
