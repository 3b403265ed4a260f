-- Commits one turn that brings one version of a state and nothing else: the cheapest form of commit-turns.sql.
-- Params: $1 thread, $2 user or null, $3 namespace, $4 run or null; base: $5 incarnation, $6 version, $7 write id;
--   new version: $8 kind, $9 entry, $10 write id, $11 metadata.
-- Returns the incarnation; no row: refused. Served by the primary keys of threads and states.
with touched as (
  update {{threads}} as thread
  set updated_at = {{now}}, run_id = coalesce($4::text, thread.run_id), next_seq = thread.next_seq + 1,
    stop_run_id = case when $4::text is null or $4::text in (thread.run_id, thread.stop_run_id) then thread.stop_run_id end
  where thread.thread_id = $1::{{thread_id}}
    and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
    and thread.incarnation = $5::bigint
    and exists (
      select from {{states}} as base
      where base.thread_id = $1::{{thread_id}} and base.namespace = $3::text
        and base.version = $6::integer and base.write_id = $7::uuid
    )
    and not exists (
      select from {{states}} as later
      where later.thread_id = $1::{{thread_id}} and later.namespace = $3::text and later.version = $6::integer + 1
    )
  returning thread.incarnation, thread.next_seq
), written as (
  insert into {{states}} (thread_id, namespace, version, kind, entry, write_id, metadata, last_seq)
  select $1::{{thread_id}}, $3::text, $6::integer + 1, $8::text, $9::json, $10::uuid, $11::jsonb, touched.next_seq - 1
  from touched
)
select touched.incarnation from touched
