//! Installation data of the library's application.
//!
//! ```toml
//! [library]
//! number = "3304000000000001"     # of the reader, up to 16 characters
//! opened = "20260101"
//! state = "1"                     # 1 open, 2 suspended, 3 closed; 1 when left out
//! deposit = "0"                   # 0 none; 0 when left out
//! limit = "10"                    # books at a time
//! [[library.loans]]               # the newest first, at most 20
//! action = "B"                    # B borrowed, R returned, N renewed
//! book = "0000000042"
//! date = "20260701"
//! due = "20260729"
//! branch = 7
//! ```

use serde::Deserialize;
use tessera_library::{
    Library,
    files::{FID, KEYS, NAME as AID},
};
use toml::Spanned;

use super::{
    Installation, ProfileError, Source,
    keys::Keys,
    values::{push, push_keys},
};
use crate::trace::{Coding, ContentWords, DfWords, EfWords, ItemWords};

/// What messages call it.
pub(super) const NAME: &str = "library";

/// Room for the files, and for three versions of the keys.
const SEGMENT_BYTES: u32 = 1024;

/// Most loans the card keeps.
const LOANS_MAX: usize = 20;

/// `[library]` of a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    number: Spanned<String>,
    opened: Spanned<String>,
    #[serde(default = "open")]
    state: Spanned<String>,
    #[serde(default = "no_deposit")]
    deposit: Spanned<String>,
    limit: Spanned<String>,
    #[serde(default)]
    loans: Vec<Loan>,
}

fn open() -> Spanned<String> {
    Spanned::new(0..0, "1".into())
}

fn no_deposit() -> Spanned<String> {
    Spanned::new(0..0, "0".into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Loan {
    action: Spanned<String>,
    book: Spanned<String>,
    date: Spanned<String>,
    due: Spanned<String>,
    branch: u16,
}

/// The application, under the one at place `parent`.
pub(super) fn installation(
    source: &Source<'_>,
    section: &Section,
    keys: Option<&Keys>,
    parent: u8,
) -> Result<Installation, ProfileError> {
    let mut data = Vec::new();
    push_keys(&mut data, keys, KEYS.iter().map(|key| (key.label, key.id, key.versions)));
    let items = [
        (0x01, source.characters(&section.number, 0x10)?),
        (0x02, source.digits(&section.opened, 0x04)?),
        (0x03, source.characters(&section.state, 0x01)?),
        (0x04, source.characters(&section.deposit, 0x01)?),
        (0x05, source.digits(&section.limit, 0x01)?),
    ];
    for (tag, value) in items {
        push(&mut data, 0xC2, &[&[tag], &value]);
    }
    if let Some(one_too_many) = section.loans.get(LOANS_MAX) {
        let expected = format!("at most {LOANS_MAX} loans");
        let got = section.loans.len().to_string();
        return Err(source.wrong(one_too_many.action.span(), &expected, got));
    }
    for loan in section.loans.iter().rev() {
        let fields = [
            source.characters(&loan.action, 0x01)?,
            source.characters(&loan.book, 0x0A)?,
            source.digits(&loan.date, 0x04)?,
            source.digits(&loan.due, 0x04)?,
            loan.branch.to_be_bytes().to_vec(),
        ];
        push(&mut data, 0xC4, &[&fields.concat()]);
    }
    Ok(Installation {
        name: NAME.into(),
        applet: &Library,
        data,
        segment_bytes: Some(SEGMENT_BYTES),
        parent,
    })
}

/// What its files are called.
pub(super) fn words() -> DfWords {
    let word = |tag, bytes, coding, text: &str| ItemWords { tag, bytes, text: text.into(), coding };
    let items = vec![
        word(0x01, 0x10, Coding::Characters, "读者证号 reader number"),
        word(0x02, 0x04, Coding::Digits, "开通日期 opened on"),
        word(0x03, 0x01, Coding::Characters, "状态 state"),
        word(0x04, 0x01, Coding::Characters, "押金 deposit"),
        word(0x05, 0x01, Coding::Digits, "可借册数 books at a time"),
    ];
    let fields = vec![
        word(0, 0x01, Coding::Characters, "借还标志 action"),
        word(0, 0x0A, Coding::Characters, "图书条码 book"),
        word(0, 0x04, Coding::Digits, "日期 date"),
        word(0, 0x04, Coding::Digits, "应还日期 due"),
        word(0, 0x02, Coding::Number, "分馆 branch"),
    ];
    let file = |sfi: u8, text: &str, content| EfWords {
        fid: 0xEF00 | u16::from(sfi),
        sfi,
        text: text.into(),
        content,
    };
    DfWords {
        fid: FID.0,
        name: AID.to_vec(),
        short: "DF0C".into(),
        text: "图书馆 library".into(),
        efs: vec![
            file(0x05, "读者信息 reader", ContentWords::Items(items)),
            file(0x08, "借还记录 loans", ContentWords::Fields(fields)),
        ],
    }
}
