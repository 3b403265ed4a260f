-- Whether this very deletion was made already, its answer lost. Params: $1 thread, $2 write id. Served by the primary key.
select incarnation from {{tombstones}} where thread_id = $1::{{thread_id}} and write_id = $2::uuid
