-- The name that an attempt's model went upstream by: a channel's aliases may lead elsewhere by the time its provider's list is looked at.
alter table task_attempts add column upstream_model text;
