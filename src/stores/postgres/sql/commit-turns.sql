-- Commits turns, at most one a thread, in the order of their threads. A turn that is refused writes nothing.
-- Params: turns: $1 threads, $2 users, $3 namespaces, $4 runs, $5 write ids, $6 base incarnations, $7 base versions (null: no state;
--   0: there must be none), $8 base write ids, $9 numbers of messages, $10 patches of the thread;
--   versions: $11 turn (from 1), $12 version, $13 kind, $14 entry, $15 write id, $16 metadata;
--   messages: $17 turn, $18 place in the turn (from 0), $19 id, $20 role, $21 body, $22 search text, $23 sent at;
--   turns again: $24 leases under which they write (null: none).
-- The plan is made once and must serve any number of turns and tables of any size, also when it was made while they were empty: so the
-- arrays and the limit stand in subselects, where the planner sees no numbers and expects one turn, and what it looks up are scalars,
-- which it cannot turn into a scan of the whole table.
-- A turn takes a place in the thread's order for each message and one for itself, behind them: its versions stand there (last_seq).
-- Returns turn and incarnation of those that were accepted. A race for the same version or thread breaks a primary key, and so the
-- whole statement; the turns are then repeated one by one. Served by the primary keys of all tables.
with turn as materialized (
  select * from unnest(
    (select $1::{{thread_id}}[]), (select $2::{{user_id}}[]), (select $3::text[]), (select $4::text[]), (select $5::uuid[]), (select $6::bigint[]), (select $7::integer[]), (select $8::uuid[]),
    (select $9::integer[]), (select $10::jsonb[]), (select $24::uuid[])
  ) with ordinality as turn (
    thread_id, user_id, namespace, run_id, write_id, base_incarnation, base_version, base_write_id, message_count, patch, lease, n
  )
  limit (select 1000000)
), touched as (
  update {{threads}} as thread
  set
    updated_at = coalesce(timestamptz 'epoch' + ((turn.patch ->> 'updatedAtMs') || ' ms')::interval, {{now}}),
    run_id = case when turn.patch ? 'runId' then turn.patch ->> 'runId' else coalesce(turn.run_id, thread.run_id) end,
    stop_run_id = case
      when coalesce(turn.patch ->> 'runId', turn.run_id) is null then thread.stop_run_id
      when coalesce(turn.patch ->> 'runId', turn.run_id) in (thread.run_id, thread.stop_run_id) then thread.stop_run_id
    end,
    thread_name = case when turn.patch ? 'threadName' then turn.patch ->> 'threadName' else thread.thread_name end,
    name_search = case when turn.patch ? 'threadName' then turn.patch ->> 'nameSearch' else thread.name_search end,
    metadata = case when turn.patch is null then thread.metadata else
      (thread.metadata - array(select jsonb_array_elements_text(turn.patch -> 'removed'))) || (turn.patch -> 'metadata') end,
    metadata_search = case when turn.patch is null then thread.metadata_search else
      (thread.metadata_search - array(select jsonb_array_elements_text(turn.patch -> 'removed')))
        || (turn.patch -> 'metadataSearch') end,
    next_seq = thread.next_seq + turn.message_count + 1,
    recent_writes = case when turn.base_version is null then (turn.write_id || thread.recent_writes)[1:8]
      else thread.recent_writes end
  from turn
  where thread.thread_id = turn.thread_id
    and (turn.user_id is null or thread.user_id = turn.user_id)
    and (turn.lease is null or (thread.lease = turn.lease and thread.lease_until > clock_timestamp()))
    and case
      when turn.base_version is null then true
      when turn.base_version = 0 then (
        select state.version from {{states}} as state
        where state.thread_id = turn.thread_id and state.namespace = turn.namespace
        limit 1
      ) is null
      else thread.incarnation = turn.base_incarnation
        and turn.base_write_id = (
          select last.write_id from {{states}} as last
          where last.thread_id = turn.thread_id and last.namespace = turn.namespace and last.version >= turn.base_version
          order by last.version desc limit 1
        )
    end
  returning
    turn.n, turn.thread_id, turn.namespace, turn.write_id, turn.message_count, thread.user_id, thread.incarnation, thread.next_seq
), created as (
  insert into {{threads}} (
    thread_id, user_id, thread_name, name_search, metadata, metadata_search, run_id, next_seq, recent_writes,
    created_at, updated_at
  )
  select
    turn.thread_id, turn.user_id, turn.patch ->> 'threadName', coalesce(turn.patch ->> 'nameSearch', ''),
    coalesce(turn.patch -> 'metadata', '{}'), coalesce(turn.patch -> 'metadataSearch', '{}'),
    case when turn.patch ? 'runId' then turn.patch ->> 'runId' else turn.run_id end,
    1 + turn.message_count + 1,
    case when turn.base_version is null then array[turn.write_id] else '{}'::uuid[] end,
    coalesce(timestamptz 'epoch' + ((turn.patch ->> 'createdAtMs') || ' ms')::interval, {{now}}),
    coalesce(timestamptz 'epoch' + ((turn.patch ->> 'updatedAtMs') || ' ms')::interval, {{now}})
  from turn
  where coalesce(turn.base_version, 0) = 0 and turn.lease is null
    and (select thread.thread_id from {{threads}} as thread where thread.thread_id = turn.thread_id) is null
  returning thread_id, user_id, incarnation, next_seq
), accepted as (
  select n, thread_id, namespace, write_id, message_count, user_id, incarnation, next_seq from touched
  union all
  select
    turn.n, turn.thread_id, turn.namespace, turn.write_id, turn.message_count, created.user_id, created.incarnation, created.next_seq
  from created join turn using (thread_id)
), written as (
  insert into {{states}} (thread_id, namespace, version, kind, entry, write_id, metadata, last_seq, user_id)
  select
    accepted.thread_id, accepted.namespace, entry.version, entry.kind, entry.entry::json, entry.write_id,
    entry.metadata::jsonb, accepted.next_seq - 1, accepted.user_id
  from unnest((select $11::integer[]), (select $12::integer[]), (select $13::text[]), (select $14::text[]), (select $15::uuid[]), (select $16::text[]))
    as entry (n, version, kind, entry, write_id, metadata)
  join accepted using (n)
), said as (
  insert into {{messages}} as message (thread_id, message_id, seq, role, body, search_text, sent_at_ms, write_id, user_id)
  select
    accepted.thread_id, item.message_id, accepted.next_seq - 1 - accepted.message_count + item.place, item.role,
    item.body::json, item.search_text, item.sent_at_ms, accepted.write_id, accepted.user_id
  from unnest(
    (select $17::integer[]), (select $18::integer[]), (select $19::text[]), (select $20::text[]), (select $21::text[]), (select $22::text[]), (select $23::double precision[])
  ) as item (n, place, message_id, role, body, search_text, sent_at_ms)
  join accepted using (n)
  -- The same id again takes the message's place: its seq stays.
  on conflict (thread_id, message_id) do update set
    role = excluded.role, body = excluded.body, search_text = excluded.search_text,
    sent_at_ms = coalesce(excluded.sent_at_ms, message.sent_at_ms), write_id = excluded.write_id
)
select accepted.n, accepted.incarnation from accepted where {{caller_is_told}}
