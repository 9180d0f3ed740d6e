-- What Citus is told once the tables are there (`klatch db init --distributed`).
CREATE EXTENSION IF NOT EXISTS citus;
SELECT create_reference_table('spaces');
SELECT create_reference_table('users');
SELECT create_reference_table('receipts_hidden');
SELECT create_reference_table('presence_hidden');
SELECT create_reference_table('admins');
SELECT create_distributed_table('channels', 'bucket');
SELECT create_distributed_table('events', 'bucket', colocate_with => 'channels');
SELECT create_distributed_table('members', 'bucket', colocate_with => 'channels');
SELECT create_distributed_table('bans', 'bucket', colocate_with => 'channels');
SELECT create_distributed_table('mentions', 'bucket', colocate_with => 'channels');
SELECT create_distributed_table('broadcasts', 'bucket', colocate_with => 'channels');
SELECT create_distributed_table('lobby', 'bucket', colocate_with => 'channels');
SELECT create_distributed_table('invites', 'bucket', colocate_with => 'channels');
SELECT create_distributed_table('work', 'bucket', colocate_with => 'channels');
