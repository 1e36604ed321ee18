//! The numbers, in Markdown, as the README has them. Nothing in them hangs on the machine; how long
//! it took goes to standard error.

use std::{process::ExitCode, time::Instant};

use tessera::explore::{AppletReport, VectorReport};

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
        let total = report.total();
        let (schedules, outcomes) = (thousands(total.sum.schedules), &total.sum.outcomes);
        let held = thousands(total.commands + report.quiet);
        let (longest, bound) = (total.sum.recovery_pulses_max, total.sum.recovery_bound);
        let concrete = thousands(total.sum.concrete_tears);
        let cuts = self.cuts;
        let mut rows: Vec<Row> = vec![
            (
                "N1",
                format!(
                    "{} vectors, every pulse and every subset of bits, {cuts} tears deep: {schedules} schedules stand for {outcomes} outcomes, 0 violations",
                    report.vectors
                ),
                "`tessera tear --report`",
            ),
            (
                "N2",
                format!(
                    "the same 3 tears deep each night; the engine by itself {}",
                    designs::engine()?
                ),
                "`.ci/nightly`, `tessera tear --report`",
            ),
            (
                "N3",
                format!("{concrete} tears with bits at drawn values, 0 violations"),
                "`tessera tear --report --concrete 10000000`",
            ),
            (
                "N4",
                "random lives of whole cards against a model".into(),
                "`LIVES=1000000 cargo test --release --test histories`",
            ),
            (
                "N5",
                "0 foul reads, 0 indeterminate live bits after power-up".into(),
                "`tessera tear --report`",
            ),
            ("N6", designs::mutants(), "`cargo test mutants`, `tests/snapshots/mutants.txt`"),
            (
                "N7",
                format!(
                    "honest status: {held} commands, {} of them without a pulse",
                    thousands(report.quiet)
                ),
                "`tessera tear --report`",
            ),
            (
                "N8",
                format!(
                    "the longest recovery takes {longest} pulses and may take {bound}; a quiet power-up takes none"
                ),
                "`tessera tear --report`",
            ),
            ("N9", "endurance of each applet: the table above".into(), "`tessera tear --report`"),
            (
                "N10",
                "a failure's line runs again, told pulse by pulse, in less than a second".into(),
                "`tessera tear 'LINE'`",
            ),
            (
                "N11",
                "the same for anybody's applet, in a line".into(),
                "`explore::every_tear(&APPLET, &commands)`",
            ),
        ];
        rows.sort_by_key(|(name, ..)| name[1..].parse::<u32>().unwrap_or(0));
        let lines =
            rows.iter().map(|(name, what, command)| format!("| {name} | {what} | {command} |"));
        let head = ["| | what | shown by |".to_owned(), "|---|---|---|".to_owned()];
        Ok(head.into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
    }
}

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
