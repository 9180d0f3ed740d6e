//! One suite that every [`crate::ChannelLog`] must pass. [`crate::log_conformance`] makes a test of each case.

mod appending;
mod erasing;
mod keys;
mod members;
mod reading;
mod working;
mod world;

pub use appending::{
    concurrent_appends_make_one_order, every_expectation_is_checked, feed_is_the_log, pairs_have_one_channel,
    positions_have_no_holes, real_time_order_is_kept, refused_appends_leave_nothing,
};
pub use erasing::{
    deleting_erases_message_and_edits, erased_targets_take_nothing_more, retention_erases_one_event,
};
pub use keys::{a_key_is_one_event, keys_are_per_sender_and_channel, retries_are_answered_whatever_changed};
pub use members::{
    bans_and_mutes_are_kept, channel_properties_change, cursors_follow_own_messages,
    invites_count_their_uses, members_are_counted, mentions_add_up, returning_members_start_afresh,
};
pub use reading::{
    amendments_come_in_order, heads_tell_where_logs_stand, pages_are_bounded, pages_go_both_ways,
    unknown_channels,
};
pub use working::{work_appears_with_its_event, work_of_refused_appends_is_none};
pub use world::{Rows, Subject, World};

/// Makes a `#[tokio::test]` of every case of the suite, for logs made by an `async fn() -> Subject`.
#[macro_export]
macro_rules! log_conformance {
    ($make:path) => {
        $crate::log_conformance!($make =>
            positions_have_no_holes, real_time_order_is_kept, concurrent_appends_make_one_order, feed_is_the_log,
            every_expectation_is_checked, refused_appends_leave_nothing, pairs_have_one_channel,
            a_key_is_one_event, keys_are_per_sender_and_channel, retries_are_answered_whatever_changed,
            deleting_erases_message_and_edits, erased_targets_take_nothing_more, retention_erases_one_event,
            pages_are_bounded, pages_go_both_ways, amendments_come_in_order, heads_tell_where_logs_stand, unknown_channels,
            members_are_counted, cursors_follow_own_messages, mentions_add_up, returning_members_start_afresh,
            invites_count_their_uses, bans_and_mutes_are_kept, channel_properties_change,
            work_appears_with_its_event, work_of_refused_appends_is_none
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
