-- Deletes a locked thread with everything in it, and leaves a tombstone. Params: $1 thread, $2 write id.
-- Returns its incarnation and, as a JSON list, the namespaces that had states; no row: there was none. Served by the primary keys.
with gone as (
  delete from {{threads}} as thread where thread.thread_id = $1::{{thread_id}}
  returning thread.thread_id, thread.incarnation
), gone_states as (
  delete from {{states}} as state using gone where state.thread_id = gone.thread_id
  returning state.namespace
), gone_messages as (
  delete from {{messages}} as message using gone where message.thread_id = gone.thread_id
), tombstone as (
  insert into {{tombstones}} as tombstone (thread_id, incarnation, write_id)
  select gone.thread_id, gone.incarnation, $2::uuid from gone
  on conflict (thread_id) do update
    set incarnation = excluded.incarnation, write_id = excluded.write_id, deleted_at = now()
  returning tombstone.incarnation
)
select tombstone.incarnation, (select json_agg(distinct gone_states.namespace)::text from gone_states) as namespaces
from tombstone
where {{caller_is_told}}
