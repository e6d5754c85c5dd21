-- What class of failure the provider gave: the hint goes by it, and outlives the timeline, which is pruned.
alter table tasks add column error_class text;
update tasks t
set error_class = e.detail ->> 'class'
from task_events e
where e.task_id = t.id and e.attempt = t.attempt and e.status = 'FAILED' and e.detail ? 'class' and t.status = 'FAILED';
