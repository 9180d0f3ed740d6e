//! Does everything in the database add up? `klatch db check` asks, also while servers use it.

use super::{Postgres, meta_of};
use crate::EngineError;
use klatch_types::ChannelId;
use tokio_postgres::{IsolationLevel, Transaction};
use uuid::Uuid;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Schema version.
    pub schema_version: String,
    /// The history's name.
    pub epoch: String,
    /// Channels.
    pub channels: u64,
    /// Events of all channels.
    pub events: u64,
    /// Memberships of all channels.
    pub members: u64,
    /// Size of the database, bytes, with its indexes.
    pub bytes: u64,
    /// What does not add up, a sentence each; at most [`FINDINGS_MAX`].
    pub findings: Vec<String>,
}

/// Findings that a check collects before it stops.
pub const FINDINGS_MAX: usize = 20;

/// Questions that answer (channel, sentence), each for the bucket `$1`. No row is the good answer.
const QUESTIONS: &[&str] = &[
    // The head is the count of events and the position of the last: positions are 1, 2, 3 … without holes.
    "SELECT c.id, format('its head is %s, but it has %s events up to %s', c.head, coalesce(e.n, 0), coalesce(e.last, 0))
       FROM channels c LEFT JOIN (SELECT bucket, channel, count(*) n, max(seq) last FROM events WHERE bucket = $1
       GROUP BY bucket, channel) e ON e.bucket = c.bucket AND e.channel = c.id
      WHERE c.bucket = $1 AND (c.head <> coalesce(e.n, 0) OR c.head <> coalesce(e.last, 0)) LIMIT 20",
    "SELECT c.id, format('its ordinal is %s, but it has %s messages up to ordinal %s', c.ordinal, coalesce(e.n, 0),
            coalesce(e.last, 0))
       FROM channels c LEFT JOIN (SELECT bucket, channel, count(*) FILTER (WHERE message) n, max(ordinal) last FROM events
       WHERE bucket = $1 GROUP BY bucket, channel) e ON e.bucket = c.bucket AND e.channel = c.id
      WHERE c.bucket = $1 AND (c.ordinal <> coalesce(e.n, 0) OR c.ordinal <> coalesce(e.last, 0)) LIMIT 20",
    "SELECT c.id, format('its count of broadcasts is %s, but it has %s', c.broadcasts, coalesce(b.n, 0))
       FROM channels c LEFT JOIN (SELECT bucket, channel, count(*) n, max(ordinal) last FROM broadcasts WHERE bucket = $1
       GROUP BY bucket, channel) b ON b.bucket = c.bucket AND b.channel = c.id
      WHERE c.bucket = $1 AND (c.broadcasts <> coalesce(b.n, 0) OR c.broadcasts <> coalesce(b.last, 0)) LIMIT 20",
    "SELECT c.id, format('its count of members is %s, but it has %s', c.members, coalesce(m.n, 0))
       FROM channels c LEFT JOIN (SELECT bucket, channel, count(*) n FROM members WHERE bucket = $1
       GROUP BY bucket, channel) m ON m.bucket = c.bucket AND m.channel = c.id
      WHERE c.bucket = $1 AND c.members <> coalesce(m.n, 0) LIMIT 20",
    "SELECT c.id, format('its access position %s is above its head %s', c.access_seq, c.head)
       FROM channels c WHERE c.bucket = $1 AND c.access_seq > c.head LIMIT 20",
    "SELECT c.id, format('a cursor of user %s is above its head: read %s, received %s, ordinal %s', m.user_id, m.read,
            m.received, m.read_ordinal)
       FROM members m JOIN channels c ON c.bucket = m.bucket AND c.id = m.channel
      WHERE m.bucket = $1 AND (m.read > c.head OR m.received > c.head OR m.visible_after > c.head
         OR m.read_ordinal > c.ordinal OR m.read_broadcasts > c.broadcasts OR m.read_mentions > m.mentions) LIMIT 20",
    "SELECT m.channel, format('user %s has %s mentions counted, but %s are there', m.user_id, m.mentions,
            coalesce(n.last, 0))
       FROM members m LEFT JOIN (SELECT bucket, channel, user_id, max(ordinal) last FROM mentions WHERE bucket = $1
       GROUP BY bucket, channel, user_id) n
         ON n.bucket = m.bucket AND n.channel = m.channel AND n.user_id = m.user_id
      WHERE m.bucket = $1 AND m.mentions <> coalesce(n.last, 0) LIMIT 20",
    "SELECT e.channel, format('the key %s of user %s is there %s times', e.key, e.actor, count(*))
       FROM events e WHERE e.bucket = $1 AND e.key IS NOT NULL
      GROUP BY e.channel, e.actor, e.key HAVING count(*) > 1 LIMIT 20",
    "SELECT e.channel, format('%s events belong to no channel', count(*)) FROM events e
       LEFT JOIN channels c ON c.bucket = e.bucket AND c.id = e.channel
      WHERE e.bucket = $1 AND c.id IS NULL GROUP BY e.channel LIMIT 20",
    "SELECT m.channel, format('%s members belong to no channel', count(*)) FROM members m
       LEFT JOIN channels c ON c.bucket = m.bucket AND c.id = m.channel
      WHERE m.bucket = $1 AND c.id IS NULL GROUP BY m.channel LIMIT 20",
];

/// Checks that counters, positions and cursors of every channel add up, bucket by bucket, in one snapshot.
///
/// # Errors
/// What the database says; what does not add up is in the report.
pub async fn check(database: &Postgres) -> Result<Report, EngineError> {
    let mut client = database.connect().await?;
    let snapshot = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let mut report = Report {
        schema_version: meta_of(&snapshot, "schema").await?.unwrap_or_default(),
        epoch: meta_of(&snapshot, "epoch").await?.unwrap_or_default(),
        bytes: one(&snapshot, "SELECT pg_database_size(current_database())").await?,
        ..Report::default()
    };
    for bucket in 0..ChannelId::BUCKETS {
        check_bucket(&snapshot, bucket, &mut report).await?;
        if report.findings.len() >= FINDINGS_MAX {
            report.findings.truncate(FINDINGS_MAX);
            break;
        }
    }
    snapshot.rollback().await?;
    Ok(report)
}

async fn check_bucket(
    snapshot: &Transaction<'_>,
    bucket: i16,
    report: &mut Report,
) -> Result<(), EngineError> {
    let channels = snapshot
        .query("SELECT id FROM channels WHERE bucket = $1", &[&bucket])
        .await?;
    for row in &channels {
        let channel = ChannelId(row.try_get::<_, Uuid>(0)?);
        if channel.bucket() != bucket {
            let finding = format!(
                "channel {channel}: it stands in bucket {bucket}, not in {}",
                channel.bucket()
            );
            report.findings.push(finding);
        }
    }
    report.channels += channels.len() as u64;
    let counts = snapshot
        .query_one(
            "SELECT (SELECT count(*) FROM events WHERE bucket = $1), (SELECT count(*) FROM members WHERE bucket = $1)",
            &[&bucket],
        )
        .await?;
    report.events += super::uint(&counts, 0)?;
    report.members += super::uint(&counts, 1)?;
    for question in QUESTIONS {
        for row in snapshot.query(*question, &[&bucket]).await? {
            let (channel, what): (Uuid, String) = (row.try_get(0)?, row.try_get(1)?);
            report.findings.push(format!("channel {channel}: {what}"));
        }
    }
    Ok(())
}

async fn one(snapshot: &Transaction<'_>, sql: &str) -> Result<u64, EngineError> {
    super::uint(&snapshot.query_one(sql, &[]).await?, 0)
}
