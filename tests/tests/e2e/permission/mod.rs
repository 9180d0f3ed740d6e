//! Every role, every operation, every kind of channel, over REST and over the socket, against a table that is
//! written independently of the code (`matrix.table`).

mod cast;
mod complete;
mod live;
mod matrix;
mod operation;
mod rank;
mod stage;
mod table;

/// A server whose limits do not stand in the way of thousands of questions.
const UNLIMITED: &str = "[limits]\nsends_per_second = 0\nsends_burst = 1\nframes_per_10_s = 0\n\
    requests_per_second = 0\nlogins_per_account_15_min = 0\nlogins_per_ip_15_min = 0\nsign_ups_per_ip_hour = 0\n\
    connections_per_user = 0\nconnections_per_ip = 0\noutbox_bytes = 67108864\noutbox_frames = 65536\n";
