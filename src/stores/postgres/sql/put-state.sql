-- Commits one turn that brings one version of a state and nothing else: the cheapest form of commit-turns.sql.
-- Params: $1 thread, $2 user or null, $3 namespace, $4 run or null; base: $5 incarnation, $6 version, $7 write id;
--   new version: $8 kind, $9 entry, $10 write id, $11 metadata.
-- The base must be the newest version: one look at the end of the log tells that it is there and that nothing follows it.
-- Returns the incarnation; no row: refused. Served by the primary keys of threads and states.
with touched as (
  update {{threads}} as thread
  set updated_at = {{now}}, run_id = coalesce($4::text, thread.run_id), next_seq = thread.next_seq + 1,
    stop_run_id = case when $4::text is null or $4::text in (thread.run_id, thread.stop_run_id) then thread.stop_run_id end
  where thread.thread_id = $1::{{thread_id}}
    and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
    and thread.incarnation = $5::bigint
    and $7::uuid = (
      select last.write_id from {{states}} as last
      where last.thread_id = $1::{{thread_id}} and last.namespace = $3::text and last.version >= $6::integer
      order by last.version desc limit 1
    )
  returning thread.next_seq, thread.user_id
)
insert into {{states}} (thread_id, namespace, version, kind, entry, write_id, metadata, last_seq, user_id)
select $1::{{thread_id}}, $3::text, $6::integer + 1, $8::text, $9::json, $10::uuid, $11::jsonb, touched.next_seq - 1,
  touched.user_id
from touched
where {{caller_is_told}}
returning $5::bigint as incarnation
