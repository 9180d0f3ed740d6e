//! Sizes of larger clusters: a model whose costs are fitted to what was measured on one, two and three nodes.
//!
//! Commits gather as in a simulated lane ([`lane`]); everything else is counting. The model is checked against the
//! measurements it was not fitted to.

mod by_size;
mod costs;
mod fit;
mod lane;
mod markdown;
mod measured;
mod sizes;
mod tables;

pub(crate) use sizes::Assumptions;

use crate::cluster::cell::Cell;
use crate::options::Options;
use crate::report::note;
use anyhow::Context;
use costs::Costs;
use measured::Measured;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How far a simulated cost may be from a measured one, as a part of it, or in cores where that is less.
const TOLERANCE: f64 = 0.4;
const TOLERANCE_CORES: f64 = 0.02;
/// The number of nodes that the costs of the check know nothing of.
const HELD_OUT: usize = 2;

/// What `simulate` is to do.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SimulateOptions {
    /// Write the figures of the last `cluster` and `appends` of this build folder into `crates/bench/measured.json`
    #[arg(long)]
    pub(crate) take: bool,
    /// Write the tables into the documentation of the working folder
    #[arg(long)]
    pub(crate) docs: bool,
    #[command(flatten)]
    pub(crate) assumptions: Assumptions,
}

/// Prints the tables, and writes what it was told to.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut measured = Measured::built_in()?;
    if options.simulate.take {
        measured = measured.with_last_runs(&Options::build_folder()?)?;
        let file = PathBuf::from("crates/bench/measured.json");
        std::fs::write(&file, serde_json::to_string_pretty(&measured)? + "\n").with_context(|| {
            format!(
                "cannot write {}: run this in the root of the repository",
                file.display()
            )
        })?;
    }
    let blocks = blocks(&measured, &options.simulate.assumptions);
    let mut out = std::io::stdout().lock();
    for block in &blocks {
        writeln!(out, "{} in {}:\n\n{}", block.name, block.file, block.text)?;
    }
    for miss in misses(&measured) {
        note(&format!("further off than {TOLERANCE}: {miss}"))?;
    }
    if options.simulate.docs {
        for block in &blocks {
            let path = Path::new(block.file);
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", block.file))?;
            let new = block
                .put(&text)
                .with_context(|| format!("{} has no block {}", block.file, block.name))?;
            std::fs::write(path, new)?;
        }
    }
    Ok(())
}

/// A table in the documentation: it stands between two comments with its name.
struct Block {
    file: &'static str,
    name: &'static str,
    text: String,
}

impl Block {
    /// A page with this table in its place.
    fn put(&self, page: &str) -> Option<String> {
        let mark = format!("<!-- {} -->\n", self.name);
        let (before, rest) = page.split_once(&mark)?;
        let (_, after) = rest.split_once(&mark)?;
        Some(format!("{before}{mark}{}{mark}{after}", self.text))
    }
}

fn blocks(measured: &Measured, assumptions: &Assumptions) -> Vec<Block> {
    let all: Vec<&Cell> = measured.cluster.iter().collect();
    let costs = Costs::of(&all);
    let scaling = |name, text| Block {
        file: "docs/scaling.md",
        name,
        text,
    };
    let together = Assumptions {
        together: 1.0,
        ..*assumptions
    };
    vec![
        scaling("measured cluster", tables::cluster(measured)),
        scaling("measured commits", tables::appends(measured)),
        scaling("costs", tables::costs(&costs)),
        scaling(
            "check",
            format!(
                "{}\nA test fails where a simulated processor time, or the number of payloads between nodes, is more than \
                 {:.0} % off (or {TOLERANCE_CORES} cores, where that is more).\n",
                tables::check(&measured.cluster, &Costs::of(&fitted(measured))),
                TOLERANCE * 100.0
            ),
        ),
        scaling("load", by_size::load(assumptions, &costs, measured)),
        scaling("stored", by_size::stored(assumptions, &costs, measured)),
        scaling("together", by_size::load(&together, &costs, measured)),
        scaling("named", by_size::named(assumptions, &costs, measured)),
        Block {
            file: "docs/operator.md",
            name: "figures",
            text: tables::operator(measured) + &by_size::operator(assumptions, &costs, measured),
        },
    ]
}

/// The cells that the check fits its costs to.
fn fitted(measured: &Measured) -> Vec<&Cell> {
    measured
        .cluster
        .iter()
        .filter(|cell| cell.nodes != HELD_OUT)
        .collect()
}

/// Where the model is further off than it may be.
fn misses(measured: &Measured) -> Vec<String> {
    let costs = Costs::of(&fitted(measured));
    let busy = measured.cluster.iter().filter(|cell| cell.messages_per_s > 0.0);
    busy.flat_map(|cell| tables::misses(cell, &costs.cost(&costs.load(cell)), TOLERANCE, TOLERANCE_CORES))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn assumptions() -> Assumptions {
        Options::parse_from(["klatch-bench", "simulate"])
            .simulate
            .assumptions
    }

    #[test]
    fn the_model_reproduces_what_was_measured() {
        let misses = misses(&Measured::built_in().unwrap());
        assert!(misses.is_empty(), "{misses:#?}");
    }

    #[test]
    fn nothing_was_lost_in_what_was_measured() {
        assert!(Measured::built_in().unwrap().cluster.iter().all(Cell::is_right));
    }

    /// S1.7: what the sizes assumed there cost is told.
    #[test]
    fn the_documentation_has_the_tables_of_the_model() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for block in blocks(&Measured::built_in().unwrap(), &assumptions()) {
            let page = std::fs::read_to_string(root.join(block.file)).unwrap();
            let right = block.put(&page).is_some_and(|new| new == page);
            assert!(
                right,
                "{}: {}: run `klatch-bench simulate --docs`",
                block.file, block.name
            );
        }
    }

    #[test]
    fn more_users_need_no_less_of_anything() {
        let measured = Measured::built_in().unwrap();
        let costs = Costs::of(&measured.cluster.iter().collect::<Vec<_>>());
        let mut before = (0.0, 0.0, 0.0);
        for users in [1e3, 1e4, 1e5, 1e6, 1e7, 1e8] {
            let size = assumptions().size(users, &costs, &measured);
            let now = (size.nodes, size.workers, size.stored_bytes_per_day);
            assert!(
                now.0 >= before.0 && now.1 >= before.1 && now.2 > before.2,
                "{users}: {now:?}"
            );
            assert!(size.cost.klatch_cores.is_finite() && size.cost.postgres_cores.is_finite());
            before = now;
        }
    }

    #[test]
    fn people_who_sit_together_are_not_told_of_over_the_bus() {
        let measured = Measured::built_in().unwrap();
        let costs = Costs::of(&measured.cluster.iter().collect::<Vec<_>>());
        let together = Assumptions {
            together: 1.0,
            ..assumptions()
        };
        assert_eq!(together.size(1e6, &costs, &measured).cost.bus_received_per_s, 0.0);
    }

    #[test]
    fn a_block_replaces_only_itself() {
        let block = Block {
            file: "x",
            name: "b",
            text: "new\n".to_owned(),
        };
        let page = "a\n<!-- b -->\nold\n<!-- b -->\nc\n";
        assert_eq!(block.put(page).unwrap(), "a\n<!-- b -->\nnew\n<!-- b -->\nc\n");
        assert_eq!(block.put("a\n"), None);
    }
}
