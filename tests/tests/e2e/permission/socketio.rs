//! Every role, every event of Socket.IO, every kind and state of a channel, against `socketio.table`.

use super::cast::{Cast, World};
use super::operation::OPERATIONS;
use super::stage::Stage;
use super::table::{Expected, SCENES, Table, columns};
use anyhow::{Context, Result, ensure};
use klatch_tests::Chatter;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The events, with the operation that each comes to, and so what a stage for it needs.
const EVENTS: [(&str, Option<&str>); 5] = [
    ("online", None),
    ("join room", Some("join")),
    ("leave room", Some("leave")),
    ("leave", None),
    ("chat message", Some("send")),
];
/// What a client may do beside emitting events.
const DISCONNECT: &str = "disconnect";

/// Callers who come from outside and become members, or wait, by joining.
const COMES: [&str; 2] = ["outsider", "waiting"];

fn table() -> Result<Table> {
    Table::of(include_str!("socketio.table"))
}

/// The row of an event.
fn row(event: &str) -> String {
    event.replace(' ', "_")
}

/// S0.6: the events of the server are those of the table, in every scene.
#[tokio::test]
async fn every_event_is_in_the_table() -> Result<()> {
    let world = World::new().await?;
    let mut chatter = Chatter::open(world.server.public(), token(&world.system.api)?).await?;
    let refused = chatter.ask("fly", &json!({})).await?;
    // Whoever emits another is told which there are.
    let told = refused["error"]["detail"]
        .as_str()
        .context("the events are told")?;
    let known: BTreeSet<&str> = told.split('`').skip(1).step_by(2).collect();
    assert_eq!(known, EVENTS.map(|(event, _)| event).into());
    let table = table()?;
    let mut rows: Vec<String> = EVENTS.iter().map(|(event, _)| row(event)).collect();
    rows.push(DISCONNECT.to_owned());
    rows.sort_unstable();
    for scene in SCENES {
        assert_eq!(table.operations(scene), rows, "[{scene}]");
    }
    Ok(())
}

/// S0.1, S0.6: nobody says or hears by Socket.IO what is not theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_may_emit_what_the_table_says_and_nothing_else() -> Result<()> {
    let (world, table) = (World::new().await?, table()?);
    let scenes = SCENES.into_iter().enumerate();
    let scenes = scenes.map(|(number, scene)| Play::of(&world, &table, number, scene));
    let mut complaints = Vec::new();
    for told in futures_util::future::join_all(scenes).await {
        complaints.extend(told?);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    Ok(())
}

fn token(api: &klatch_tests::Api) -> Result<&str> {
    api.token().context("they have a token")
}

/// What a client sends with an event.
fn value(event: &str, room: &str, up: &str) -> Value {
    let mut value = json!({ "up": up });
    if event != "online" {
        value["room"] = room.into();
    }
    if event == "chat message" {
        value["message"] = "hello".into();
    }
    value
}

/// `ok`, or the code of the error that is acknowledged.
fn code(ack: &Value) -> &str {
    match ack["ok"] {
        Value::Bool(true) => "ok",
        _ => ack["error"]["code"].as_str().unwrap_or("no outcome"),
    }
}

/// One scene.
struct Play<'a> {
    world: &'a World,
    table: &'a Table,
    cast: Cast,
    scene: &'static str,
    chatters: HashMap<&'static str, Chatter>,
    complaints: Vec<String>,
}

impl<'a> Play<'a> {
    async fn of(
        world: &'a World,
        table: &'a Table,
        number: usize,
        scene: &'static str,
    ) -> Result<Vec<String>> {
        let cast = Cast::new(world, number).await?;
        let mut chatters = HashMap::new();
        for caller in cast.callers(scene) {
            let chatter = Chatter::open(world.server.public(), token(&cast.of(caller).api)?).await?;
            chatters.insert(caller, chatter);
        }
        let mut play = Self {
            world,
            table,
            cast,
            scene,
            chatters,
            complaints: Vec::new(),
        };
        play.run().await?;
        Ok(play.complaints)
    }

    async fn run(&mut self) -> Result<()> {
        let callers: Vec<&'static str> = self.cast.callers(self.scene).collect();
        ensure!(
            callers.len() + usize::from(self.world.foreigner.is_none()) == columns(self.scene).len(),
            "somebody is not there"
        );
        let stage = Stage::for_all(&self.cast, self.scene).await?;
        let heads = stage.heads(&self.cast).await?;
        let mut granted = Vec::new();
        for caller in &callers {
            let aim = stage.aim(&self.cast, caller);
            for (event, operation) in EVENTS {
                let expected = self.expected(event, caller)?;
                let changes = match event {
                    "join room" => expected.changes() && COMES.contains(caller),
                    "leave room" | "chat message" => expected.changes(),
                    _ => false,
                };
                match operation.filter(|_| changes) {
                    Some(operation) => granted.push((*caller, event, operation)),
                    None => self.ask(caller, event, &aim.channel, expected).await?,
                }
                self.as_another(caller, event, &aim.channel).await?;
                if expected == Expected::Hidden {
                    self.hidden(caller, event, &aim.channel, &aim.name).await?;
                }
            }
            self.leave_nothing(caller).await?;
        }
        for refused in &self.world.refused {
            let channel = stage.aim(&self.cast, "outsider").channel;
            self.without_token(refused, &channel).await?;
        }
        if stage.heads(&self.cast).await? != heads {
            self.complain("something that was refused left a trace in the log");
        }
        self.hearing(&stage, &callers).await?;
        for (caller, event, operation) in granted {
            self.alone(caller, event, operation).await?;
        }
        let heads = stage.heads(&self.cast).await?;
        for caller in callers {
            let channel = stage.aim(&self.cast, caller).channel;
            self.disconnect(caller, &channel).await?;
        }
        if stage.heads(&self.cast).await? != heads {
            self.complain("who disconnected left a trace in the log");
        }
        Ok(())
    }

    fn expected(&self, event: &str, caller: &'static str) -> Result<Expected> {
        self.table.expected(self.scene, &row(event), caller)
    }

    fn complain(&mut self, what: &str) {
        self.complaints.push(format!("[{}] {what}", self.scene));
    }

    async fn emit(&mut self, caller: &str, event: &str, value: &Value) -> Result<Value> {
        let chatter = self.chatters.get_mut(caller).context("they are connected")?;
        chatter.ask(event, value).await
    }

    async fn ask(&mut self, caller: &str, event: &str, channel: &str, expected: Expected) -> Result<()> {
        let value = value(event, channel, self.cast.id(caller));
        let ack = self.emit(caller, event, &value).await?;
        let expected = expected.code();
        if code(&ack) != expected {
            self.complain(&format!("{caller}, {event}: {expected} expected, {ack} came"));
        }
        Ok(())
    }

    /// Nobody speaks as another, whatever they may do as themselves.
    async fn as_another(&mut self, caller: &str, event: &str, channel: &str) -> Result<()> {
        let value = value(event, channel, self.cast.id("target"));
        let ack = self.emit(caller, event, &value).await?;
        if code(&ack) != "forbidden" {
            self.complain(&format!("{caller}, {event} as another: {ack}"));
        }
        Ok(())
    }

    /// What one may not see must not differ from what is not there, by id and by name.
    async fn hidden(&mut self, caller: &str, event: &str, channel: &str, name: &str) -> Result<()> {
        let up = self.cast.id(caller).to_owned();
        let there = self.emit(caller, event, &value(event, channel, &up)).await?;
        let nothing = Uuid::now_v7().to_string();
        let absent = self.emit(caller, event, &value(event, &nothing, &up)).await?;
        let named = self.emit(caller, event, &value(event, name, &up)).await?;
        if there != absent || there != named {
            self.complain(&format!(
                "{caller}, {event}: {there} by id and {named} by name tell more than {absent}"
            ));
        }
        Ok(())
    }

    /// `leave` asks nobody, and so tells nothing: a room that is not there is left like any other.
    async fn leave_nothing(&mut self, caller: &str) -> Result<()> {
        let nothing = Uuid::now_v7().to_string();
        self.ask(caller, "leave", &nothing, Expected::Ok).await
    }

    /// A caller whom no token lets in is told so, and what they emit is not done.
    async fn without_token(
        &mut self,
        (name, token, refusal, _): &(&'static str, String, &'static str, u16),
        channel: &str,
    ) -> Result<()> {
        let up = self.cast.id("target");
        let events = EVENTS.map(|(event, _)| (event, value(event, channel, up)));
        let (why, acks) = Chatter::refused(self.world.server.public(), token, &events).await?;
        if !why.starts_with(&format!("{refusal}: ")) || !acks.is_empty() {
            self.complain(&format!("{name}: refused by {why}, acknowledged {acks:?}"));
        }
        Ok(())
    }

    /// Who may join a room hears it from then on until they leave it, and nobody else hears it.
    async fn hearing(&mut self, stage: &Stage, callers: &[&'static str]) -> Result<()> {
        let closed = ["archived", "ended"];
        let speaker = match self.scene {
            "direct" => "target",
            scene if closed.iter().any(|word| scene.ends_with(word)) => return Ok(()),
            _ => "owner",
        };
        let channel = stage.aim(&self.cast, "member").channel;
        let mut hearers = Vec::new();
        for caller in callers {
            let joins = self.expected("join room", caller)? == Expected::Ok && !COMES.contains(caller);
            if joins && stage.aim(&self.cast, caller).channel == channel {
                hearers.push(*caller);
            }
        }
        // Whoever hears joins twice, and says between that they hear no longer.
        for (event, text) in [
            ("join room", "first"),
            ("leave", "second"),
            ("join room", "third"),
        ] {
            for caller in &hearers {
                self.ask(caller, event, &channel, Expected::Ok).await?;
            }
            self.cast.of(speaker).api.send(&channel, text).await?;
            for caller in hearers.iter().filter(|_| event == "join room") {
                let chatter = self.chatters.get_mut(caller).context("they are connected")?;
                chatter
                    .hear()
                    .await
                    .with_context(|| format!("{caller} does not hear {text}"))?;
                let heard = chatter.texts(&channel);
                if heard != [text] {
                    self.complain(&format!("{caller} heard {heard:?}, and not {text}"));
                }
            }
        }
        for caller in callers.iter().filter(|caller| !hearers.contains(caller)) {
            self.ask(caller, "online", &channel, Expected::Ok).await?;
            let chatter = self.chatters.get_mut(caller).context("they are connected")?;
            let heard = chatter.texts(&channel);
            if !heard.is_empty() {
                self.complain(&format!("{caller} heard {heard:?}"));
            }
        }
        Ok(())
    }

    /// What is granted and changes something, in a channel of its own.
    async fn alone(&mut self, caller: &'static str, event: &str, operation: &str) -> Result<()> {
        let operation = OPERATIONS.iter().find(|known| known.name == operation);
        let operation = operation.context("the operation of an event")?;
        let stage = Stage::for_one(&self.cast, self.scene, caller, operation).await?;
        let channel = stage.aim(&self.cast, caller).channel;
        let expected = self.expected(event, caller)?;
        self.ask(caller, event, &channel, expected).await
    }

    /// Anyone may go. They stay what they were in the channel, and what they emit behind it is not done.
    async fn disconnect(&mut self, caller: &'static str, channel: &str) -> Result<()> {
        let expected = self.expected(DISCONNECT, caller)?;
        let chatter = self.chatters.remove(caller).context("they are connected")?;
        let said = value("chat message", channel, self.cast.id(caller));
        let acks = chatter.disconnect("chat message", &said).await?;
        if expected != Expected::Ok || !acks.is_empty() {
            self.complain(&format!("{caller}, {DISCONNECT}: {acks:?}"));
        }
        Ok(())
    }
}
