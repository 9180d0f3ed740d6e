//! One suite that every [`crate::Directory`] must pass. [`crate::directory_conformance`] makes a test of each case.

#![allow(clippy::unwrap_used)] // a test's, whichever crate runs it

mod admin;
mod channel;
mod chore;
mod cursor;
mod device;
mod invite;
mod key;
mod list;
mod lobby;
mod presence;
mod receipt;
mod roster;
mod search;
mod space;
mod user;
mod work;
mod world;

pub use admin::{
    accounts_are_looked_through, administrators_are_kept, audit_lines_come_newest_first,
    channels_are_looked_through,
};
pub use channel::{
    channels_of_a_space_come_oldest_first, direct_channels_are_found_by_pair,
    heads_of_a_space_follow_its_channels, members_come_in_pages, memberships_tell_where_one_stands,
    snapshots_hold_members_and_bans, unknown_channels_are_empty,
};
pub use chore::{
    a_clock_set_back_stops_no_chore, chores_are_due_once_each_period, of_many_claims_at_once_one_wins,
};
pub use cursor::{
    cursors_are_for_members, cursors_go_forward_and_stop_at_the_head,
    cursors_moved_at_once_end_at_the_furthest, own_messages_are_read, reading_counts_mentions,
    reading_is_receiving, those_who_come_later_have_nothing_unread,
};
pub use device::{
    devices_are_renamed, devices_come_last_used_first, devices_need_a_user, expired_tokens_are_refused,
    of_many_rotations_at_once_one_wins, revoked_devices_are_out, tokens_are_used_once,
};
pub use invite::{invitations_are_found_by_code, invites_end, invites_of_channels_are_apart};
pub use key::{back_end_keys_are_kept, issuers_are_kept, signing_keys_are_kept};
pub use list::{
    direct_channels_show_the_other, lists_come_last_activity_first, lists_count_what_is_unread,
    open_channels_come_by_name, previews_are_the_last_message_as_it_is_now,
};
pub use lobby::{lobbies_are_bounded, lobbies_come_longest_first};
pub use presence::presence_is_hidden_until_it_is_shown;
pub use receipt::{
    hidden_reading_is_not_counted, receipts_are_counted_by_cursors, receipts_count_those_who_can_see,
};
pub use roster::{
    circles_are_those_of_roster_channels, roster_accounts_are_linked_once, roster_imports_are_kept,
    roster_members_are_due_in_time, rosters_are_held_by_one, rosters_are_kept,
};
pub use search::{search_finds_beginnings, search_is_bounded_and_ordered, search_takes_text_as_it_is};
pub use space::{counts_add_up, spaces_are_kept, spaces_have_one_slug};
pub use user::{usernames_are_unique_in_a_space, users_are_kept, users_change, users_come_in_pages};
pub use work::{
    each_piece_goes_to_one_of_many, given_up_work_stays_and_is_seen, leases_end,
    unknown_kinds_are_left_alone, work_comes_longest_due_first, work_that_is_done_is_gone,
};
pub use world::{Deed, EDIT, Subject, World, Writer};

/// Makes a `#[tokio::test]` of every case of the suite, for directories made by an `async fn() -> Subject`.
#[macro_export]
macro_rules! directory_conformance {
    ($make:path) => {
        $crate::directory_conformance!($make =>
            spaces_are_kept, spaces_have_one_slug, counts_add_up,
            users_are_kept, usernames_are_unique_in_a_space, users_change, users_come_in_pages,
            search_finds_beginnings, search_is_bounded_and_ordered, search_takes_text_as_it_is,
            devices_need_a_user, devices_are_renamed, devices_come_last_used_first, revoked_devices_are_out, tokens_are_used_once,
            expired_tokens_are_refused, of_many_rotations_at_once_one_wins,
            back_end_keys_are_kept, issuers_are_kept, signing_keys_are_kept,
            snapshots_hold_members_and_bans, direct_channels_are_found_by_pair, members_come_in_pages,
            memberships_tell_where_one_stands, channels_of_a_space_come_oldest_first,
            heads_of_a_space_follow_its_channels, unknown_channels_are_empty,
            lists_come_last_activity_first, lists_count_what_is_unread, direct_channels_show_the_other,
            previews_are_the_last_message_as_it_is_now, open_channels_come_by_name,
            cursors_go_forward_and_stop_at_the_head, cursors_are_for_members, own_messages_are_read,
            reading_is_receiving, reading_counts_mentions, those_who_come_later_have_nothing_unread,
            cursors_moved_at_once_end_at_the_furthest,
            receipts_are_counted_by_cursors, receipts_count_those_who_can_see, hidden_reading_is_not_counted, presence_is_hidden_until_it_is_shown,
            administrators_are_kept, audit_lines_come_newest_first, accounts_are_looked_through, channels_are_looked_through,
            invitations_are_found_by_code, invites_end, invites_of_channels_are_apart,
            lobbies_come_longest_first, lobbies_are_bounded,
            chores_are_due_once_each_period, of_many_claims_at_once_one_wins, a_clock_set_back_stops_no_chore,
            rosters_are_kept, roster_members_are_due_in_time, rosters_are_held_by_one, roster_imports_are_kept,
            roster_accounts_are_linked_once, circles_are_those_of_roster_channels,
            work_comes_longest_due_first, each_piece_goes_to_one_of_many, leases_end, work_that_is_done_is_gone,
            given_up_work_stays_and_is_seen, unknown_kinds_are_left_alone
        );
    };
    ($make:path => $($case:ident),+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let world = $crate::conformance::World::new($make().await).await;
                $crate::conformance::$case(&world).await;
            }
        )+
    };
}
