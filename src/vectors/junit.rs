//! Results as JUnit XML, which build servers read.

use std::fmt::Write;

use super::{Report, Verdict};

/// The whole report as one document.
#[must_use]
pub fn write(report: &Report) -> String {
    let (_, failed, skipped) = report.counts();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = report.results.len() + report.complaints.len();
    let failures = failed + report.complaints.len();
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuite name=\"tessera vectors\" tests=\"{all}\" failures=\"{failures}\" skipped=\"{skipped}\">"
    );
    for result in &report.results {
        let (class, name) = result.name.rsplit_once('/').unwrap_or(("", &result.name));
        let class = escaped(&class.replace('/', "."));
        let _ = write!(xml, "  <testcase classname=\"{class}\" name=\"{}\"", escaped(name));
        match &result.verdict {
            Verdict::Passed => xml.push_str("/>\n"),
            Verdict::Skipped(why) => {
                let _ = writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(why));
            }
            Verdict::Failed(failure) => {
                let (what, text) = (escaped(&failure.what), escaped(&failure.to_string()));
                let _ = writeln!(xml, "><failure message=\"{what}\">{text}</failure></testcase>");
            }
        }
    }
    for complaint in &report.complaints {
        let text = escaped(complaint);
        let _ = writeln!(
            xml,
            "  <testcase classname=\"\" name=\"skipped.toml\"><failure message=\"{text}\"/></testcase>"
        );
    }
    xml.push_str("</testsuite>\n");
    xml
}

/// Text as XML allows it; characters it forbids become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push('\t'),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Failure, collection::Outcome};
    use super::*;

    #[test]
    fn counts_and_texts_are_there_and_escaped() {
        let failure = Failure {
            file: "a&b.vec".into(),
            line: 3,
            what: "byte 1 should be \"<\u{1}\"".into(),
            expected: "90".into(),
            got: "6A".into(),
            transcript: vec!["> 00".into()],
        };
        let report = Report {
            results: vec![
                Outcome { name: "a/b/c".into(), verdict: Verdict::Passed },
                Outcome { name: "d".into(), verdict: Verdict::Skipped("later".into()) },
                Outcome { name: "e".into(), verdict: Verdict::Failed(failure) },
            ],
            complaints: vec!["stale".into()],
        };
        let xml = write(&report);
        for part in [
            "tests=\"4\" failures=\"2\" skipped=\"1\"",
            "<testcase classname=\"a.b\" name=\"c\"/>",
            "<skipped message=\"later\"/>",
            "message=\"byte 1 should be &quot;&lt;\u{FFFD}&quot;\"",
            "a&amp;b.vec:3: byte 1",
            "&#10;  | &gt; 00",
            "<failure message=\"stale\"/>",
        ] {
            assert!(xml.contains(part), "{part} is not in\n{xml}");
        }
    }
}
