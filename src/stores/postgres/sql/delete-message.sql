-- Deletes one message and moves the thread's updated_at. Params: $1 thread, $2 user or null, $3 message, $4 write id, $5 lease or null.
-- Returns a row if there was one, or if this very write had deleted it, its answer lost. Served by the primary keys.
with touched as (
  update {{threads}} as thread
  set updated_at = {{now}}, recent_writes = ($4::uuid || thread.recent_writes)[1:8]
  where thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
    and not $4::uuid = any (thread.recent_writes)
    and ($5::uuid is null or (thread.lease = $5::uuid and thread.lease_until > clock_timestamp()))
    and exists (
      select from {{messages}} as message
      where message.thread_id = $1::{{thread_id}} and message.message_id = $3::text
    )
  returning thread.thread_id
), gone as (
  delete from {{messages}} as message
  using touched
  where message.thread_id = touched.thread_id and message.message_id = $3::text
  returning message.seq
)
select gone.seq from gone where {{caller_is_told}}
union all
select 0 from {{threads}} as thread
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
  and $4::uuid = any (thread.recent_writes)
