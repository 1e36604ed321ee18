//! The verbs: what they are called, what stands behind them, and who does them.

use super::{
    error::LineError,
    session::{Outcome, Session},
    verbs::{
        authenticate, block, create, inform, names, pin, power, read, select, update, write_key,
    },
    words::{self, Word, Words},
};

/// A word, or two, that become commands.
pub(super) struct Verb {
    /// What it is called.
    pub(super) name: &'static str,
    /// Shorter words for it.
    pub(super) short: &'static [&'static str],
    /// How it is used, in a line.
    pub(super) usage: &'static str,
    /// What it does.
    pub(super) does: &'static str,
    /// Lines with it are kept out of the history: they hold PINs or keys.
    pub(super) is_secret: bool,
    run: fn(&mut Session, Words) -> Result<Outcome, LineError>,
}

/// All of them, in the order of `help`.
#[rustfmt::skip]
pub(super) static VERBS: [Verb; 39] = [
    open("select", &["s"], "select 3f00/df03/ef05 | select aid HEX | select name TEXT | select .. [no-fci]",
        "Selects element by element: identifiers, names of the vocabulary, mf, `..`; or by name. `no-fci` asks for no control information.",
        select::select),
    open("read binary", &["rb"], "read binary [sfi N] [OFFSET] [LENGTH] [mac] [key N]",
        "Reads a transparent file; no length is to its end. With `mac`, or when the file was created so, under line protection.",
        read::binary),
    open("read record", &["rr"], "read record N [sfi N] [LENGTH] [mac] [key N] | read record tag T [sfi N]",
        "Reads a record by number, or by its tag.", read::record),
    open("read records", &["rrs"], "read records [sfi N]",
        "Reads record after record until there is none.", read::records),
    open("update binary", &["ub"], "update binary [sfi N] [offset N] DATA [mac|enc|plain] [key N]",
        "Writes to a transparent file; `mac` and `enc` protect it, and so does what the file was created with unless `plain`.",
        update::binary),
    open("update record", &["ur"], "update record N|tag T|previous [sfi N] DATA [mac|enc|plain] [key N]",
        "Writes a record.", update::record),
    open("append record", &["ar"], "append record [sfi N] DATA [mac|enc|plain] [key N]",
        "Adds a record.", update::append),
    secret("verify", &["v"], "verify [PIN] [ref N]",
        "Shows a PIN: two digits a byte, an odd last one filled with F, or \"text\". Without a PIN asks for the tries left.",
        pin::verify),
    secret("change-pin", &[], "change-pin OLD NEW [ref N]",
        "CHANGE PIN 80 5E 01.", pin::change),
    secret("reload-pin", &[], "reload-pin NEW [ref N] [key N]",
        "RELOAD PIN under key 38; on a social-security card under its STK.", pin::reload),
    secret("unblock-pin", &[], "unblock-pin PIN [ref N] [key N]",
        "PIN UNBLOCK under key 37; on a social-security card, without a PIN, under its STK.", pin::unblock),
    open("challenge", &["ch"], "challenge [4|8|16]",
        "GET CHALLENGE; the command that follows uses it.", authenticate::challenge),
    open("authenticate external", &["ext"], "authenticate external KID [type T] | … KID factor HEX [version V] [key ID]",
        "EXTERNAL AUTHENTICATE with key 39/KID; with a factor, or on a social-security card, in its form with key KID.",
        authenticate::external),
    open("authenticate internal", &["int"], "authenticate internal KID DATA [encrypt|decrypt|mac] | … KID RANDOM factor HEX",
        "INTERNAL AUTHENTICATE; the answer is compared when the key is known.", authenticate::internal),
    open("create mf", &[], "create mf [aid HEX|name TEXT] [space N] [create R] [erase R] [sfi B] [reserved HEX]",
        "CREATE FILE of the MF; without a name, the transport code FF*8.", create::mf),
    open("create df", &[], "create df FID space N aid HEX|name TEXT [create R] [erase R] [sid B]",
        "CREATE FILE of a directory.", create::df),
    open("create binary", &[], "create binary FID size N [read R] [write R] [mac] [enc] [key B]",
        "CREATE FILE of a transparent file.", create::binary),
    open("create fixed", &[], "create fixed FID records N length N [read R] [write R] [mac] [enc] [key B]",
        "CREATE FILE of records of one length.", create::fixed),
    open("create variable", &[], "create variable FID size N [read R] [write R] [mac] [enc] [key B]",
        "CREATE FILE of records that are TLV.", create::variable),
    open("create cyclic", &[], "create cyclic FID records N length N [read R] [write R] [mac] [enc] [key B]",
        "CREATE FILE of records that go round.", create::cyclic),
    open("create key-file", &[], "create key-file [FID] size N [sid B] [add R]",
        "CREATE FILE of the file for keys, the first of its directory.", create::key_file),
    open("create purse", &[], "create purse ed|ep [use R] [log SFI]",
        "CREATE FILE of an electronic deposit or purse.", create::purse),
    secret("write-key", &["wk"], "write-key TYPE ID [ATTRIBUTES] [use R] [change R] [follow B] [errors B] [version B] [algorithm B] [replace] [encrypted] KEY",
        "WRITE KEY; TYPE is a name or number of `help keys`. `encrypted`, or a type from C0 up, protects it with the master key 39/00.",
        write_key::write_key),
    open("erase-df", &[], "erase-df", "ERASE DF: all under the current directory.", create::erase),
    open("balance", &["bal"], "balance ed|ep", "GET BALANCE.", read::balance),
    open("block", &[], "block [for-ever] [key N] | block card [key N]",
        "APPLICATION BLOCK or CARD BLOCK under line key 36.", block::block),
    open("unblock", &[], "unblock [key N]", "APPLICATION UNBLOCK under line key 36.", block::unblock),
    open("power", &[], "power on|off|reset", "Power.", power::power),
    open("reset", &[], "reset", "Power off and on.", power::reset),
    open("tear", &[], "tear N", "Lets power fail in pulse N of the next command that changes memory.", power::tear),
    open("tree", &["ls"], "tree", "The files that have names, and those met or made in this session.", inform::tree),
    open("keys", &[], "keys [show]", "The keys the shell knows, by check value; `show` shows their values.", inform::keys),
    secret("key", &[], "key [DF] TYPE/ID = HEX | key [DF] ID = [sm4] HEX",
        "Tells the shell a key: of the current directory, or of a path or name.", names::key),
    secret("let", &[], "let NAME = HEX | answer [FROM..TO] | encrypt|decrypt KEY DATA | mac KEY DATA [start HEX]",
        "Gives a name a value: {NAME} stands for it from then on. KEY is a key's name or value.", names::let_name),
    open("expect", &[], "expect 9000 | expect 6F ... 9000 | expect none",
        "Compares the last answer: as `<` does.", inform::expect),
    open("script", &["source"], "script FILE", "Runs the lines of a file.", inform::script),
    open("trace", &[], "trace on|off", "Commands and words, or answers alone.", inform::trace),
    open("help", &["?"], "help [VERB|keys|lines]", "This.", inform::help),
    open("quit", &["q", "exit"], "quit", "Ends the session.", inform::quit),
];

type Run = fn(&mut Session, Words) -> Result<Outcome, LineError>;

const fn open(
    name: &'static str,
    short: &'static [&'static str],
    usage: &'static str,
    does: &'static str,
    run: Run,
) -> Verb {
    Verb { name, short, usage, does, is_secret: false, run }
}

const fn secret(
    name: &'static str,
    short: &'static [&'static str],
    usage: &'static str,
    does: &'static str,
    run: Run,
) -> Verb {
    Verb { name, short, usage, does, is_secret: true, run }
}

/// Does what a verb says.
pub(super) fn run(session: &mut Session, text: &str) -> Result<Outcome, LineError> {
    let (verb, words) = if raw_argument(text) {
        // What stands behind these is read by others, braces, brackets and all.
        find(words::split(text.split_whitespace().next().unwrap_or_default())?)
            .map(|(verb, _)| (verb, vec![Word { text: behind(text).into(), quoted: false }]))?
    } else {
        find(words::split(&session.substituted(text)?)?)?
    };
    (verb.run)(session, Words::new(words, verb.name, verb.usage))
}

fn raw_argument(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    ["expect", "script", "source"].contains(&first) && !behind(text).is_empty()
}

fn behind(text: &str) -> &str {
    text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim())
}

/// The verb a line begins with, and the words behind it. A verb may be cut short where no other
/// begins so.
pub(super) fn find(mut words: Vec<Word>) -> Result<(&'static Verb, Vec<Word>), LineError> {
    let first: Vec<String> =
        words.iter().take(2).map(|word| word.text.to_ascii_lowercase()).collect();
    let exact = VERBS.iter().find_map(|verb| {
        let names = std::iter::once(&verb.name).chain(verb.short);
        names.map(|name| name.split(' ').collect::<Vec<_>>()).find_map(|parts| {
            let fits = parts.len() <= first.len() && parts.iter().zip(&first).all(|(a, b)| a == b);
            fits.then_some((verb, parts.len()))
        })
    });
    if let Some((verb, taken)) = exact {
        return Ok((verb, words.split_off(taken)));
    }
    let mut cut: Vec<(&Verb, usize)> = VERBS
        .iter()
        .filter_map(|verb| {
            let parts: Vec<_> = verb.name.split(' ').collect();
            let fits = parts.len() <= first.len()
                && parts.iter().zip(&first).all(|(part, word)| part.starts_with(word.as_str()));
            fits.then_some((verb, parts.len()))
        })
        .collect();
    // Two words that fit say more than one.
    if cut.iter().any(|(_, parts)| *parts == 2) {
        cut.retain(|(_, parts)| *parts == 2);
    }
    match cut[..] {
        [(verb, taken)] => Ok((verb, words.split_off(taken))),
        [] => Err(LineError::wrong(candidates(&first), format!("{:?}", first.join(" ")))),
        _ => {
            let names: Vec<_> = cut.iter().map(|(verb, _)| verb.name).collect();
            Err(LineError::wrong(
                format!("one of {}", names.join(", ")),
                format!("{:?}, which may be each of them", first[0]),
            ))
        }
    }
}

/// What may stand where no verb was found.
fn candidates(first: &[String]) -> String {
    let word = first.first().map_or("", String::as_str);
    let near: Vec<_> = VERBS
        .iter()
        .filter(|verb| verb.name.split(' ').next().is_some_and(|name| name.starts_with(word)))
        .map(|verb| verb.name)
        .collect();
    match near[..] {
        [] => "a verb (`help` lists them) or a command in hexadecimal".into(),
        _ => near.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> String {
        match find(words::split(line).unwrap()) {
            Ok((verb, words)) => format!("{} {}", verb.name, words.len()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn verbs_are_found_by_name_by_short_word_and_cut_short() {
        for (line, verb) in [
            ("select 3f00", "select 1"),
            ("SEL 3f00", "select 1"),
            ("rb sfi 5", "read binary 2"),
            ("read record 1", "read record 1"),
            ("read records", "read records 0"),
            ("re bin", "read binary 0"),
            ("auth ext 0", "authenticate external 1"),
            ("ver 123456", "verify 1"),
            ("quit", "quit 0"),
            ("key 39/00", "key 1"),
        ] {
            assert_eq!(found(line), verb);
        }
    }

    #[test]
    fn what_is_no_verb_is_told_with_what_there_is() {
        assert_eq!(found("read"), "expected read binary, read record, read records, got \"read\"");
        assert!(
            found("frobnicate").starts_with("expected a verb (`help` lists them) or a command")
        );
        assert!(found("un 1").contains("unblock-pin, unblock, got \"un\", which may be each"));
    }

    #[test]
    fn no_two_verbs_share_a_name_and_none_is_digits() {
        let mut names: Vec<_> =
            VERBS.iter().flat_map(|verb| std::iter::once(&verb.name).chain(verb.short)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| !super::super::raw::is_raw(name)), "{names:?}");
    }
}
