//! The verbs of the command line and what they share: exit codes and how an error is printed.

mod cards;
mod ctl;
mod demo;
mod field;
mod info;
mod new;
mod profile;
mod record;
mod send;
mod serve;
mod shell;
mod tear;
mod terminal;
mod vectors;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// A virtual smart card that PC/SC programs, tests and fuzzers can open.
#[derive(Parser)]
#[command(name = "tessera", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Ctl(ctl::Ctl),
    Send(send::Send),
    Shell(shell::Shell),
    Field(field::ShowField),
    Info(info::Info),
    New(new::New),
    Profile(profile::PrintProfile),
    Vectors(vectors::Vectors),
    Tear(tear::Tear),
    Terminal(Box<terminal::Terminal>),
}

/// What a verb comes to: printed to standard error with its causes, exit code 1.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// What a verb fails with: errors of its own and of what it calls.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Prints lines to standard output. Whoever has closed it does not want them: that is no error.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Runs the verb named on the command line.
pub(crate) fn run() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Demo(verb) => verb.run(),
        Verb::Serve(verb) => verb.run(),
        Verb::Ctl(verb) => verb.run(),
        Verb::Send(verb) => verb.run(),
        Verb::Shell(verb) => verb.run(),
        Verb::Field(verb) => verb.run(),
        Verb::Info(verb) => verb.run(),
        Verb::New(verb) => verb.run(),
        Verb::Profile(verb) => verb.run(),
        Verb::Vectors(verb) => verb.run(),
        Verb::Tear(verb) => verb.run(),
        Verb::Terminal(verb) => verb.run(),
    };
    outcome.unwrap_or_else(|error| {
        print_failure(error.as_ref());
        ExitCode::FAILURE
    })
}

/// Prints an error and its causes to standard error.
fn print_failure(error: &dyn std::error::Error) {
    eprintln!("tessera: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}
