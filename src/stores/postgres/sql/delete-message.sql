-- Deletes one message and moves the thread's updated_at. Params: $1 thread, $2 user or null, $3 message.
-- Returns a row if there was one. Served by the primary keys.
with touched as (
  update {{threads}} as thread
  set updated_at = now()
  where thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
    and exists (
      select from {{messages}} as message
      where message.thread_id = $1::{{thread_id}} and message.message_id = $3::text
    )
  returning thread.thread_id
)
delete from {{messages}} as message
using touched
where message.thread_id = touched.thread_id and message.message_id = $3::text
returning message.seq
