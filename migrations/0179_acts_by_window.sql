-- In which window of a person's an act was done (a number that the window drew): what the same person did in another one he may not have seen there. Null: by a program that names none, or by us.
-- No part of the row's hash: it is nobody's evidence.
alter table ticket_history add column window_id uuid;
