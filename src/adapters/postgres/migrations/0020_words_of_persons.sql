-- What persons say of incidents and cashbacks, and what is kept of whom they speak.

-- Who explained a line against its own reference took the risk that it is paid twice.
alter table statement_incident_events
    add column risk_accepted boolean not null default false,
    add check (not risk_accepted or what = 'explained');

select pin_search_paths();
