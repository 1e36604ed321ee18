//! Verbs that ask the shell and not the card, and those that steer it.

use std::path::PathBuf;

use super::{
    super::{
        expect::Expected,
        keys::{self, KINDS},
        script,
        session::{Outcome, Session},
        verb::{self, VERBS},
        words::{self, Words},
    },
    Done,
};

/// How lines are read, for `help lines`.
const LINES: &str = "\
00 A4 0000 02 3F00           a command in hexadecimal; FF*16 repeats, {name} is a value of `let`
04D695000F 0102 {mac}        {mac} is the MAC of line protection over all before it; {mac 36/01}
read record 1 sfi 05         a verb; it may be cut short where no other begins so
# …   // …   ; …             comments
… -> 9000    … ; SW 9000     what the answer has to be; also SW1SW2=9000, (9000,61XX), [data] (9000)
< 9000                       the same, on the next line; `< 6F ... 9000` is a whole answer
> …   + power on   ! tear 3  lines of vectors
Files, keys, sfi and rights are hexadecimal; numbers and lengths are decimal, or 0x…";

/// `tree`.
pub(in super::super) fn tree(session: &mut Session, words: Words) -> Done {
    words.end()?;
    for df in session.files.words.dfs.clone() {
        session.say(&format!("{:04X} {} {}", df.fid, df.short, df.text));
        for ef in &df.efs {
            session.say(&format!("  {:04X} sfi {:02X}  {}", ef.fid, ef.sfi, ef.text));
        }
    }
    let met: Vec<_> = session
        .files
        .dfs()
        .filter(|(place, df)| *place == 0 || df.fid.is_some() || !df.name.is_empty())
        .map(|(place, df)| (session.files.label(place), df.clone()))
        .collect();
    if met.len() > 1 || met.iter().any(|(_, df)| !df.efs.is_empty()) {
        session.say("in this session:");
        for (label, df) in met {
            session.say(&format!("{label} {}", hex::encode_upper(&df.name)));
            for (fid, created) in df.efs {
                session.say(&format!("  {fid:04X} {}", file_kind(created.kind)));
            }
        }
    }
    Ok(Outcome::Quiet)
}

fn file_kind(kind: u8) -> String {
    let text = match kind & 0x3F {
        0x28 => "binary",
        0x2A => "fixed records",
        0x2C => "variable records",
        0x2E => "cyclic records",
        0x2F => "purse",
        0x3F => return "key file".into(),
        _ => return format!("type {kind:02X}"),
    };
    let protection = match kind & 0xC0 {
        0x00 => "",
        0x80 => ", written with a MAC",
        _ => ", written encrypted and with a MAC",
    };
    format!("{text}{protection}")
}

/// `keys [show]`.
pub(in super::super) fn keys(session: &mut Session, mut words: Words) -> Done {
    let shows = words.flag("show");
    words.end()?;
    let lines: Vec<String> = session
        .keys
        .all()
        .map(|known| {
            let value = match shows {
                true => hex::encode_upper(known.key.as_slice()),
                false => format!("check value {}", keys::check_value(&known.key)),
            };
            let (df, name) = (session.files.label(known.df), known.name);
            let bytes = known.key.as_slice().len();
            format!("{df} {name}  {bytes} bytes, {value}, {}", known.from)
        })
        .collect();
    if lines.is_empty() {
        session.say("no keys; `key TYPE/ID = HEX` tells one, and write-key is listened to");
    }
    lines.iter().for_each(|line| session.say(line));
    Ok(Outcome::Quiet)
}

/// `expect …`.
pub(in super::super) fn expect(session: &mut Session, mut words: Words) -> Done {
    let text = words.need("a status word or an answer")?.text;
    let expected = Expected::parse(&text, &session.names)?;
    session.judge(&expected)?;
    Ok(Outcome::Judged)
}

/// `script FILE`.
pub(in super::super) fn script(session: &mut Session, mut words: Words) -> Done {
    let file = words.need("a file")?.text;
    let file = file.trim_matches('"');
    script::run_file(session, &PathBuf::from(file))
}

/// `trace on|off`.
pub(in super::super) fn trace(session: &mut Session, mut words: Words) -> Done {
    let what = "on or off";
    let word = words.need(what)?;
    words.end()?;
    session.traces = match word.text.to_ascii_lowercase().as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(words.wrong(what, word.text)),
    };
    Ok(Outcome::Quiet)
}

/// `help [VERB|keys|lines]`.
pub(in super::super) fn help(session: &mut Session, mut words: Words) -> Done {
    let asked = words.rest();
    let first = asked.first().map(|word| word.text.to_ascii_lowercase());
    match (first.as_deref(), asked.len()) {
        (None, _) => {
            for verb in &VERBS {
                session.say(&format!("{:<24}{}", called(verb), verb.usage));
            }
            session.say("help VERB says more; help lines: what else a line may be; help keys");
        }
        (Some("lines"), 1) => session.say(LINES),
        (Some("keys"), 1) => {
            VERBS.iter().filter(|verb| verb.name == "keys").for_each(|verb| more(session, verb));
            for kind in KINDS {
                session.say(&format!("{:02X} {:<10}{}", kind.byte, kind.name, kind.text));
            }
            session.say("From C0 up, F9 for 39, a key is written and changed encrypted only");
        }
        // Where several begin so, all of them.
        (Some(_), _) => match verb::find(asked.clone()) {
            Ok((verb, _)) => more(session, verb),
            Err(error) => {
                let word = words::split(&asked[0].text)?.remove(0).text.to_ascii_lowercase();
                let near: Vec<_> =
                    VERBS.iter().filter(|verb| verb.name.starts_with(&word)).collect();
                if near.is_empty() {
                    return Err(error);
                }
                near.into_iter().for_each(|verb| more(session, verb));
            }
        },
    }
    Ok(Outcome::Quiet)
}

fn called(verb: &verb::Verb) -> String {
    let short = verb.short.join(", ");
    if short.is_empty() { verb.name.into() } else { format!("{} ({short})", verb.name) }
}

fn more(session: &mut Session, verb: &verb::Verb) {
    session.say(&called(verb));
    session.say(&format!("  {}", verb.usage));
    session.say(&format!("  {}", verb.does));
}

/// `quit`.
pub(in super::super) fn quit(_: &mut Session, words: Words) -> Done {
    words.end()?;
    Ok(Outcome::Quit)
}
