-- Users who show nobody what they have read: a row is enough to say it.
CREATE TABLE receipts_hidden (
  user_id uuid PRIMARY KEY
);
