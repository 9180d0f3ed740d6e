//! The help texts, word for word: people read them before anything else.

use clap::Command;

fn collect(command: &Command, path: &str, out: &mut String) {
    let mut shown = command.clone().term_width(100);
    out.push_str(&format!("$ {path} --help\n{}\n", shown.render_help()));
    for below in command.get_subcommands().filter(|c| c.get_name() != "help") {
        collect(below, &format!("{path} {}", below.get_name()), out);
    }
}

#[test]
fn every_command_explains_itself() {
    let mut command = klatch_server::cli::command_line();
    command.build();
    let mut out = String::new();
    collect(&command, "klatch", &mut out);
    insta::assert_snapshot!(out);
}

#[test]
fn the_command_line_is_consistent() {
    klatch_server::cli::command_line().debug_assert();
}
