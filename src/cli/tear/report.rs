//! The numbers, in Markdown, as the README has them. Nothing in them hangs on the machine; how long
//! it took goes to standard error.

use std::{process::ExitCode, time::Instant};

use tessera::explore::{AppletReport, LONG_PULSES, VectorReport};

use super::{
    super::{Failure, Outcome, say},
    Tear, designs, endurance, thousands,
};

/// A number of the table below the first: its name, what it is, the command that shows it.
type Row = (&'static str, String, &'static str);

impl Tear {
    pub(super) fn report(&self) -> Outcome {
        let (collection, threads) = (self.collection()?, self.threads());
        let began = Instant::now();
        let mut report = self.explorer().every_vector(&collection, threads)?;
        eprintln!("every tear: {:.1} s on {threads} threads", began.elapsed().as_secs_f64());
        if self.concrete > 0 {
            let began = Instant::now();
            let each = self.concrete.div_ceil(report.total().commands.max(1));
            let drawn = self.explorer().random_vectors(&collection, threads, each, self.seed)?;
            let tears = drawn.total().sum.concrete_tears;
            let seconds = began.elapsed().as_secs_f64();
            eprintln!(
                "{tears} concrete tears: {seconds:.1} s, {:.0} a second",
                tears as f64 / seconds
            );
            report.take_concrete(&drawn);
        }
        say(&self.applets(&report));
        say("");
        say(&endurance::table()?);
        say("");
        say(&self.numbers(&report)?);
        Ok(ExitCode::SUCCESS)
    }

    fn applets(&self, report: &VectorReport) -> String {
        let mut lines = vec![
            "| applet | commands torn | pulses | tears in a row | schedules run | outcomes covered | decisions in doubt | violations | foul reads | longest recovery | concrete tears |".to_owned(),
            "|---|---|---|---|---|---|---|---|---|---|---|".to_owned(),
        ];
        let named = report.applets.iter().map(|(name, applet)| row(name, applet, self.cuts));
        lines.extend(named);
        lines.push(row("**all**", &report.total(), self.cuts));
        lines.join("\n")
    }

    fn numbers(&self, report: &VectorReport) -> Result<String, Failure> {
        let mut rows: Vec<Row> = self.measured(report);
        rows.push((
            "N2",
            designs::engine()?,
            "`tessera tear --report`; 3 tears deep over all vectors: `.ci/nightly`",
        ));
        rows.push((
            "N6",
            designs::mutants(),
            "`cargo test mutants`, `tests/snapshots/mutants.txt`",
        ));
        rows.extend(ELSEWHERE.map(|(name, what, command)| (name, what.to_owned(), command)));
        rows.sort_by_key(|(name, ..)| name[1..].parse::<u32>().unwrap_or(0));
        let lines =
            rows.iter().map(|(name, what, command)| format!("| {name} | {what} | {command} |"));
        let head = ["| | what | shown by |".to_owned(), "|---|---|---|".to_owned()];
        Ok(head.into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
    }

    /// What the exploration has counted.
    fn measured(&self, report: &VectorReport) -> Vec<Row> {
        const COMMAND: &str = "`tessera tear --report`";
        let total = report.total();
        let (schedules, outcomes) = (thousands(total.sum.schedules), &total.sum.outcomes);
        let held = thousands(total.commands + report.quiet);
        let (longest, bound) = (total.sum.recovery_pulses_max, total.sum.recovery_bound);
        let concrete = thousands(total.sum.concrete_tears);
        let (vectors, cuts, quiet) = (report.vectors, self.cuts, thousands(report.quiet));
        vec![
            (
                "N1",
                format!(
                    "{vectors} vectors, every pulse and every subset of bits, {cuts} tears deep (1 where a command has more than {LONG_PULSES} pulses): {schedules} schedules stand for {outcomes} outcomes, 0 violations"
                ),
                COMMAND,
            ),
            (
                "N3",
                format!("{concrete} tears with bits at drawn values, 0 violations"),
                "`tessera tear --report --concrete 10000000`",
            ),
            ("N5", "0 foul reads, 0 indeterminate live bits after power-up".to_owned(), COMMAND),
            (
                "N7",
                format!("honest status: {held} commands, {quiet} of them without a pulse"),
                COMMAND,
            ),
            (
                "N8",
                format!(
                    "the longest recovery takes {longest} pulses and may take {bound}; a quiet power-up takes none"
                ),
                COMMAND,
            ),
        ]
    }
}

/// What other commands show, or another table.
const ELSEWHERE: [(&str, &str, &str); 4] = [
    (
        "N4",
        "a million random lives of whole cards against a model each night; 4,000 in every test",
        "`.ci/nightly histories`, `cargo test --test histories`",
    ),
    ("N9", "endurance of each applet: the table above", "`tessera tear --report`"),
    (
        "N10",
        "a failure's line runs again, told pulse by pulse, in less than a second",
        "`tessera tear 'LINE'`",
    ),
    (
        "N11",
        "the same for anybody's applet, in a line",
        "`explore::every_tear(&APPLET, &commands)`",
    ),
];

/// A violation or a foul read ends the exploration with its line, and there is no table: both are 0
/// where there is one.
fn row(name: &str, applet: &AppletReport, cuts: u32) -> String {
    let sum = &applet.sum;
    format!(
        "| {name} | {} | {} | {cuts} | {} | {} | {} | 0 | 0 | {} of {} pulses | {} |",
        thousands(applet.commands),
        thousands(applet.pulses),
        thousands(sum.schedules),
        sum.outcomes,
        thousands(sum.decisions),
        sum.recovery_pulses_max,
        sum.recovery_bound,
        thousands(sum.concrete_tears),
    )
}
