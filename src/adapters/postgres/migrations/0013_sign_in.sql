-- A changed password is a new version of its user, also when the command line changes it.
grant update (version) on users to cashback_identity;
