//! The table, cell by cell.

use super::cast::{Cast, World};
use super::operation::{Aim, OPERATIONS, Operation};
use super::stage::Stage;
use super::table::{Expected, SCENES, Table, columns};
use anyhow::Result;
use futures_util::stream::{self, StreamExt};
use klatch_tests::{Socket, code};
use serde_json::{Value, json};

/// Cells under way at once in one scene.
const AT_ONCE: usize = 8;

/// What differs from the table, in sentences.
type Complaints = Vec<String>;

/// S0.1, S1.1: nobody reads or does what is not theirs, in any kind of channel.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_may_what_the_table_says_and_nothing_else() -> Result<()> {
    let (world, table) = (World::new().await?, Table::read()?);
    let scenes = SCENES
        .into_iter()
        .enumerate()
        .map(|(number, scene)| play(&world, &table, number, scene));
    let played: Vec<Result<(usize, Complaints)>> = futures_util::future::join_all(scenes).await;
    let (mut cells, mut complaints) = (0, Vec::new());
    for scene in played {
        let (count, mut told) = scene?;
        cells += count;
        complaints.append(&mut told);
    }
    assert!(
        complaints.is_empty(),
        "{} cells differ:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
    let callers = |scene: &str| columns(scene).len() - usize::from(world.foreigner.is_none());
    let all: usize = SCENES
        .into_iter()
        .map(|scene| OPERATIONS.len() * (callers(scene) + world.refused.len()))
        .sum();
    assert_eq!(cells, all, "every cell was asked");
    Ok(())
}

async fn play(
    world: &World,
    table: &Table,
    number: usize,
    scene: &'static str,
) -> Result<(usize, Complaints)> {
    let cast = Cast::new(world, number).await?;
    let (mut cells, mut complaints) = (0, Vec::new());
    let mut granted = Vec::new();
    let mut others = Vec::new();
    for operation in &OPERATIONS {
        for caller in cast.callers(scene) {
            let expected = table.expected(scene, operation.name, caller)?;
            let changes = operation.changes && expected.changes();
            if changes { &mut granted } else { &mut others }.push((operation, caller, expected));
        }
    }
    // First all that changes nothing, in one channel, which must be afterwards as it was before.
    let stage = Stage::for_all(&cast, scene).await?;
    let heads = stage.heads(&cast).await?;
    let asked = others.into_iter().map(|cell| shared(&cast, &stage, scene, cell));
    let asked: Vec<Result<Complaints>> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    for told in asked {
        cells += 1;
        complaints.extend(told?);
    }
    for operation in &OPERATIONS {
        for refused in &world.refused {
            cells += 1;
            complaints.extend(
                without_token(world, scene, operation, &stage.aim(&cast, "outsider"), refused).await?,
            );
        }
    }
    if stage.heads(&cast).await? != heads {
        complaints.push(format!(
            "[{scene}] something that was refused left a trace in the log"
        ));
    }
    // Then what is granted and changes something, each in a channel of its own.
    let asked = granted.into_iter().map(|cell| alone(&cast, scene, cell));
    let asked: Vec<Result<Complaints>> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
    for told in asked {
        cells += 1;
        complaints.extend(told?);
    }
    Ok((cells, complaints))
}

type Cell<'a> = (&'a Operation, &'static str, Expected);

async fn shared(cast: &Cast, stage: &Stage, scene: &str, cell: Cell<'_>) -> Result<Complaints> {
    let (operation, caller, expected) = cell;
    let aim = stage.aim(cast, caller);
    let mut complaints = rest(cast, scene, cell, &aim).await?;
    complaints.extend(socket(cast, scene, cell, &aim).await?);
    if expected == Expected::Hidden {
        complaints.extend(same_as_nothing(cast, scene, operation, caller, &aim).await?);
    }
    Ok(complaints)
}

async fn alone(cast: &Cast, scene: &str, cell: Cell<'_>) -> Result<Complaints> {
    let (operation, caller, _) = cell;
    let stage = Stage::for_one(cast, scene, caller, operation).await?;
    let mut complaints = rest(cast, scene, cell, &stage.aim(cast, caller)).await?;
    let stage = Stage::for_one(cast, scene, caller, operation).await?;
    complaints.extend(socket(cast, scene, cell, &stage.aim(cast, caller)).await?);
    Ok(complaints)
}

async fn rest(
    cast: &Cast,
    scene: &str,
    (operation, caller, expected): Cell<'_>,
    aim: &Aim,
) -> Result<Complaints> {
    let (path, body) = operation.call(aim);
    let answer = cast.of(caller).api.call(operation.method, &path, body).await?;
    Ok(differs(
        "REST",
        scene,
        operation,
        caller,
        expected.code(),
        answer.code(),
        &answer.body,
    ))
}

async fn socket(
    cast: &Cast,
    scene: &str,
    (operation, caller, expected): Cell<'_>,
    aim: &Aim,
) -> Result<Complaints> {
    let answer = cast.of(caller).socket.ask(operation.frame(aim)).await?;
    Ok(differs(
        "the socket",
        scene,
        operation,
        caller,
        expected.code(),
        code(&answer),
        &answer,
    ))
}

fn differs(
    over: &str,
    scene: &str,
    operation: &Operation,
    caller: &str,
    expected: &str,
    got: &str,
    answer: &Value,
) -> Complaints {
    if expected == got {
        return Vec::new();
    }
    vec![format!(
        "[{scene}] {caller}, {} over {over}: {expected} expected, {got} came: {answer}",
        operation.name
    )]
}

/// A channel that one may not see must not differ from one that is not there.
async fn same_as_nothing(
    cast: &Cast,
    scene: &str,
    operation: &Operation,
    caller: &str,
    aim: &Aim,
) -> Result<Complaints> {
    let nothing = aim.at_nothing();
    let mut complaints = Vec::new();
    let who = cast.of(caller);
    let ((path, body), (no_path, no_body)) = (operation.call(aim), operation.call(&nothing));
    let there = who.api.call(operation.method, &path, body).await?;
    let absent = who.api.call(operation.method, &no_path, no_body).await?;
    if (there.status, there.problem()) != (absent.status, absent.problem()) {
        complaints.push(format!(
            "[{scene}] {caller}, {}: {there:?} tells more than {absent:?}",
            operation.name
        ));
    }
    let there = who.socket.ask(operation.frame(aim)).await?;
    let absent = who.socket.ask(operation.frame(&nothing)).await?;
    if there["error"] != absent["error"] {
        complaints.push(format!(
            "[{scene}] {caller}, {}: {there} tells more than {absent}",
            operation.name
        ));
    }
    Ok(complaints)
}

/// A caller whom no token lets in is told so, and a command sent behind `hello` is not run.
async fn without_token(
    world: &World,
    scene: &str,
    operation: &Operation,
    aim: &Aim,
    (name, token, refusal, close): &(&'static str, String, &'static str, u16),
) -> Result<Complaints> {
    let api = if token.is_empty() {
        world.nobody.clone()
    } else {
        world.nobody.with(token)
    };
    let (path, body) = operation.call(aim);
    let answer = api.call(operation.method, &path, body).await?;
    let mut complaints = differs(
        "REST",
        scene,
        operation,
        name,
        refusal,
        answer.code(),
        &answer.body,
    );
    let mut command = operation.frame(aim);
    command["id"] = json!(1);
    let hello = json!({ "op": "hello", "token": token });
    let (texts, ended) = Socket::refused(world.server.public(), &[hello, command]).await?;
    let told: Vec<&str> = texts
        .iter()
        .filter_map(|text| text["refused"]["code"].as_str())
        .collect();
    if texts.len() != 1 || told != [*refusal] || ended.as_ref().map(|ended| ended.0) != Some(*close) {
        complaints.push(format!(
            "[{scene}] {name}, {}: the socket said {texts:?}, {ended:?}",
            operation.name
        ));
    }
    Ok(complaints)
}
