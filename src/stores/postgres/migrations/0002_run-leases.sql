-- Who may write as the thread's run, and until when. Null: nobody has taken a lease. A lease that was given back or has passed binds nobody any
-- more, but its token is never valid again. Adding columns without a default touches no row.

alter table {{threads}} add column lease uuid;

alter table {{threads}} add column lease_until timestamptz;
