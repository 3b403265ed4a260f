-- Begins a run and takes the thread's lease for it, unless somebody holds it; makes the thread if there is none.
-- Params: $1 thread, $2 user or null, $3 run, $4 the lease's token, $5 how long it lasts, in milliseconds.
-- Returns owner, whether the lease is this one now, and in how many milliseconds the one that stands ends; no row: the thread is going or
-- coming at this very moment. By the clock of the moment, not of the transaction: a statement may have waited for the row.
-- Served by the primary key.
with acquired as (
  insert into {{threads}} as thread (thread_id, user_id, run_id, lease, lease_until, updated_at)
  values (
    $1::{{thread_id}}, $2::{{user_id}}, $3::text, $4::uuid,
    clock_timestamp() + $5::double precision * interval '1 millisecond', {{now}}
  )
  on conflict (thread_id) do update set
    stop_run_id = case when excluded.run_id in (thread.run_id, thread.stop_run_id) then thread.stop_run_id end,
    run_id = excluded.run_id,
    lease = excluded.lease,
    lease_until = clock_timestamp() + $5::double precision * interval '1 millisecond',
    updated_at = {{now}}
  where ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
    -- The same token again: its first answer was lost.
    and (thread.lease_until is null or thread.lease_until <= clock_timestamp() or thread.lease = excluded.lease)
  returning thread.user_id
)
select acquired.user_id, 1 as acquired, 0::double precision as rest_ms from acquired
where {{caller_is_told}}
union all
select thread.user_id, 0, extract(epoch from thread.lease_until - clock_timestamp())::double precision * 1000
from {{threads}} as thread
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and not exists (select from acquired)
