//! What the people of the demo said: data only.

use klatch_types::ChannelKind;

/// One of the demo's people.
pub(super) struct Person {
    pub(super) username: &'static str,
    pub(super) name: &'static str,
}

/// The people; the others refer to them by username.
pub(super) const PEOPLE: &[Person] = &[
    Person {
        username: "ana",
        name: "Ana Ferreira",
    },
    Person {
        username: "rui",
        name: "Rui Matos",
    },
    Person {
        username: "marta",
        name: "Marta Lopes",
    },
];

/// Something that happened in a channel.
pub(super) enum Act {
    /// Somebody posted a message.
    Say(&'static str, &'static str),
    /// Somebody answered the message that many messages back (1 is the last).
    Reply(&'static str, usize, &'static str),
    /// The author of the message that many messages back changed it.
    Edit(usize, &'static str),
    /// Somebody reacted to the message that many messages back.
    React(&'static str, usize, &'static str),
    /// Nothing, for so many minutes.
    Pause(u64),
}

/// A channel and its history.
pub(super) struct Story {
    pub(super) kind: ChannelKind,
    pub(super) name: Option<&'static str>,
    pub(super) topic: Option<&'static str>,
    /// Who makes it, and the other members; a course is made by the space itself.
    pub(super) maker: Option<&'static str>,
    pub(super) members: &'static [&'static str],
    /// Minutes before now at which it begins.
    pub(super) minutes_ago: u64,
    pub(super) acts: &'static [Act],
}

use Act::{Edit, Pause, React, Reply, Say};

/// The channels, oldest first.
pub(super) const STORIES: &[Story] = &[
    Story {
        kind: ChannelKind::Course,
        name: Some("Distributed Systems 2026"),
        topic: Some("Lectures Tuesday 10:00, room B204. Lab sheets on Thursdays."),
        maker: None,
        members: &["ana", "rui", "marta"],
        minutes_ago: 3 * 24 * 60,
        acts: &[
            Say(
                "marta",
                "Does anybody have the slides of the lecture on consensus?",
            ),
            Say(
                "ana",
                "They are on the course page since this morning, at the very bottom.",
            ),
            React("marta", 1, "🙏"),
            Pause(95),
            Say("rui", "Is the second lab sheet due this Friday or the next one?"),
            Reply("ana", 1, "The next one. This Friday is only the reading."),
            Say("marta", "The reading is 40 pages though, start early :)"),
            Pause(600),
            Say(
                "rui",
                "I do not get why two generals can never be certain. Surely enough acks will do?",
            ),
            Reply(
                "ana",
                1,
                "Whichever ack is the last, its sender cannot know that it arrived. Take it away and you have the same problem with one less.",
            ),
            React("rui", 1, "💡"),
            Say("rui", "Oh. So it is induction, but a sad one."),
            React("ana", 1, "😄"),
            React("marta", 1, "😄"),
        ],
    },
    Story {
        kind: ChannelKind::Group,
        name: Some("general"),
        topic: Some("Everything that has no channel of its own"),
        maker: Some("ana"),
        members: &["rui", "marta"],
        minutes_ago: 26 * 60,
        acts: &[
            Say(
                "ana",
                "Good morning! I made this channel so that we stop losing things in e-mail.",
            ),
            Say("rui", "Finally. Morning!"),
            React("marta", 2, "🎉"),
            React("rui", 2, "🎉"),
            Say(
                "marta",
                "Hello both. Can we decide the day of the project presentation here?",
            ),
            Say("ana", "Wednesday or Thursday next week, both from 14:00."),
            Reply(
                "rui",
                1,
                "Thursday is better, I have a lab on Wednesday until 16:00.",
            ),
            Say("marta", "Thursday for me too."),
            Say("ana", "Then it is Thursday at 14:00, room C110."),
            Edit(
                1,
                "Then it is Thursday at 14:00, room C112 (C110 has no projector).",
            ),
            React("rui", 1, "👍"),
            React("marta", 1, "👍"),
            Pause(240),
            Say("marta", "Who takes the slides? I can draw the diagrams."),
            Say("rui", "I write the introduction and the results."),
            Say(
                "ana",
                "I do the demo and the questions nobody wants. @marta send me the diagrams when you have them?",
            ),
            Say("marta", "Tomorrow evening at the latest."),
            React("ana", 1, "❤️"),
            Pause(700),
            Say(
                "rui",
                "I found a mistake in our second chart: the axis begins at 80.",
            ),
            Say("rui", "Fixed, and I put the raw figures beside it."),
            Reply("marta", 2, "Good catch. That would have been the first question."),
            Pause(90),
            Say("ana", "@all lunch at one, usual table?"),
            Say("marta", "Yes!"),
            Say("rui", "I will be ten minutes late, keep me a seat."),
        ],
    },
    Story {
        kind: ChannelKind::Direct,
        name: None,
        topic: None,
        maker: Some("ana"),
        members: &["rui"],
        minutes_ago: 5 * 60,
        acts: &[
            Say("ana", "Did you get the key to the lab back?"),
            Say("rui", "Yes, it is with the porter. Ask for the green one."),
            Say("ana", "Perfect, thank you."),
            React("rui", 1, "👌"),
            Pause(60),
            Say("rui", "We should do something for Marta's birthday on Saturday."),
            Reply("ana", 1, "I had the same thought. Cake here, then cinema?"),
            Say("rui", "I ask who else comes. Not a word in general!"),
        ],
    },
    Story {
        kind: ChannelKind::Meeting,
        name: Some("Project presentation: rehearsal"),
        topic: Some("Twenty minutes, then questions"),
        maker: Some("marta"),
        members: &["ana", "rui"],
        minutes_ago: 70,
        acts: &[
            Say("marta", "I share my screen. Can everybody read the small labels?"),
            Say("rui", "The legend is hard to read, the rest is fine."),
            Say("marta", "Made it larger, better?"),
            React("rui", 1, "👍"),
            Say(
                "ana",
                "We are at 23 minutes. I would cut the part on related work.",
            ),
            Reply("rui", 1, "Agreed, one sentence is enough."),
            Say("marta", "Done. Same time tomorrow for a last run?"),
            React("ana", 1, "✅"),
            React("rui", 1, "✅"),
        ],
    },
];
