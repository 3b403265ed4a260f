-- As put-state.sql, for many turns at once, at most one a thread, in the order of their threads: commit-turns.sql without what
-- these turns do not have, at three quarters of its cost.
-- Params: $1 threads, $2 users, $3 namespaces, $4 runs; bases: $5 incarnations, $6 versions, $7 write ids;
--   new versions: $8 kinds, $9 entries, $10 write ids, $11 metadata.
-- Returns turn (from 1) and incarnation of those that were accepted. Served by the primary keys of threads and states.
with turn as materialized (
  select * from unnest(
    (select $1::{{thread_id}}[]), (select $2::{{user_id}}[]), (select $3::text[]), (select $4::text[]), (select $5::bigint[]), (select $6::integer[]), (select $7::uuid[]),
    (select $8::text[]), (select $9::text[]), (select $10::uuid[]), (select $11::text[])
  ) with ordinality as turn (
    thread_id, user_id, namespace, run_id, base_incarnation, base_version, base_write_id,
    kind, entry, write_id, metadata, n
  )
  limit (select 1000000)
), touched as (
  update {{threads}} as thread
  set updated_at = {{now}}, run_id = coalesce(turn.run_id, thread.run_id), next_seq = thread.next_seq + 1,
    stop_run_id = case when turn.run_id is null or turn.run_id in (thread.run_id, thread.stop_run_id) then thread.stop_run_id end
  from turn
  where thread.thread_id = turn.thread_id
    and (turn.user_id is null or thread.user_id = turn.user_id)
    and thread.incarnation = turn.base_incarnation
    and turn.base_write_id = (
      select last.write_id from {{states}} as last
      where last.thread_id = turn.thread_id and last.namespace = turn.namespace and last.version >= turn.base_version
      order by last.version desc limit 1
    )
  returning turn.*, thread.incarnation, thread.next_seq, thread.user_id as owner
), written as (
  insert into {{states}} (thread_id, namespace, version, kind, entry, write_id, metadata, last_seq, user_id)
  select
    touched.thread_id, touched.namespace, touched.base_version + 1, touched.kind, touched.entry::json, touched.write_id,
    touched.metadata::jsonb, touched.next_seq - 1, touched.owner
  from touched
)
select touched.n, touched.incarnation from touched where {{caller_is_told}}
