-- Calls whose source calls too often, as the SIP edge saw it: served last, never refused for it.
alter table call drop constraint call_class_check;
alter table call add constraint call_class_check check (class in ('emergency', 'standard', 'demoted'));
