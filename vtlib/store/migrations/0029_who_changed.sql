-- Who did it, also where a person writes over a row: the name on every human row. No keys or constraints, as in 0001.

ALTER TABLE brands ADD COLUMN changed_by VARCHAR;
ALTER TABLE products ADD COLUMN changed_by VARCHAR;
ALTER TABLE projects ADD COLUMN changed_by VARCHAR;
ALTER TABLE project_accounts ADD COLUMN changed_by VARCHAR;
ALTER TABLE project_products ADD COLUMN changed_by VARCHAR;
ALTER TABLE project_posts ADD COLUMN changed_by VARCHAR;
ALTER TABLE scripts ADD COLUMN changed_by VARCHAR;
ALTER TABLE script_people ADD COLUMN assigned_by VARCHAR;
ALTER TABLE assets ADD COLUMN changed_by VARCHAR;
