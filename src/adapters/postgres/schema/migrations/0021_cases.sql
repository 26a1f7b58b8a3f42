-- What needs somebody, an incident of a statement or a difference, is somebody's: assigned, noted,
-- resolved with a reason. What was said of it stays.

select close_functions();
