-- Counts and sizes. Params: $1 user or null, $2 thread or null. Reads all that it counts.
with chosen as (
  select thread.thread_id from {{threads}} as thread
  where ($1::{{user_id}} is null or thread.user_id = $1::{{user_id}})
    and ($2::{{thread_id}} is null or thread.thread_id = $2::{{thread_id}})
), state_sizes as (
  select count(*) as versions, coalesce(sum(octet_length(state.entry::text)), 0) as bytes
  from {{states}} as state join chosen using (thread_id)
), message_sizes as (
  select count(*) as messages, coalesce(sum(octet_length(message.body::text)), 0) as bytes
  from {{messages}} as message join chosen using (thread_id)
)
select
  (select count(*) from chosen) as threads, message_sizes.messages, state_sizes.versions,
  state_sizes.bytes as state_bytes, message_sizes.bytes as message_bytes
from state_sizes, message_sizes
where {{caller_is_told}}
