-- Operators: every act is signed by its operator's name, also the release of a paused sender.

alter table events add column actor_name text check (char_length(actor_name) between 1 and 64);
alter table events add constraint events_operators_sign
    check ((actor = 'operator') = (actor_name is not null));

-- What became of each pause of the sender: who paused it and why, who released it and why.
create table sender_releases (
    release_id bigint generated always as identity primary key,
    paused_at timestamptz not null,
    pause_reason text not null,
    pause_actor text not null,
    released_at timestamptz not null check (released_at >= paused_at),
    reason text not null,
    actor text not null check (char_length(actor) between 1 and 64)
);
create trigger sender_releases_append_only before update or delete on sender_releases
    for each row execute function refuse_change();

create index incidents_by_time on incidents (at);
