//! Installation data of the medical account: the section `[medical-account]`.
//!
//! ```toml
//! [medical-account]              # beside [social-security], whose holder's PIN it asks for
//!
//! [medical-account.items]        # of EF05, by tag: characters or digits
//! 81 = "31010100"                # scheme, and five marks: item 81 of DF04
//! 84 = "330400"                  # insured region
//! 9A = [{ 9B = "M0390", 9C = "20250101", 9D = "20261231" }]   # chronic diseases, three at most
//!
//! [medical-account.opened]       # the account is open: what OPEN says; left out, it is new
//! balance = 50000                # in fen
//! year = "2025"
//! time = "20250105090000"
//! terminal = "330400000001"
//! ```
//!
//! Of `opened`, also: `sequence`, `authority-number`, `start` ("0101"), `accumulators` (8),
//! `visits` (4), `statement`, `limit` (60), `off-line-amount`, `off-line-count`,
//! `off-line-allowed`, `single`.

use std::collections::BTreeMap;

use serde::Deserialize;
use tessera_cos::social::keys::algorithm_byte;
use tessera_medical_account::{ITEMS, MedicalAccount, NAME as AID};
use toml::Spanned;

use super::{Installation, ProfileError, Source, keys::Keys};
use crate::{
    keys::Levels,
    trace::{Coding, ContentWords, DfWords, EfWords, ItemWords},
};

/// What messages call it.
pub(super) const NAME: &str = "medical-account";

/// Bytes of its segment: files, keys, and what they lie in.
const SEGMENT_BYTES: u32 = 4672;

/// Usage and role, identifier and label of each key; all of two levels, version 1.
const KEYS: [(u8, u8, &str); 14] = [
    (0x04, 0x01, "ML-DPK1"),
    (0x07, 0x00, "ML-DTK"),
    (0x04, 0x02, "ML-DPK2"),
    (0x04, 0x03, "ML-DPK3"),
    (0x05, 0x01, "ML-DLK1"),
    (0x05, 0x02, "ML-DLK2"),
    (0x05, 0x03, "ML-DLK3"),
    (0x06, 0x01, "ML-DRK1"),
    (0x08, 0x88, "ML-AK"),
    (0x09, 0x89, "ML-SK"),
    (0x11, 0x83, "ML-LK"),
    (0x01, 0x84, "ML-RK1"),
    (0x01, 0x85, "ML-UK1"),
    (0x03, 0x82, "ML-STK"),
];

/// `[medical-account]` of a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    #[serde(default)]
    items: BTreeMap<String, Spanned<Text>>,
    #[serde(default)]
    opened: Option<Opened>,
}

/// What a profile writes for an item.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    /// A value, in characters or digits.
    One(String),
    /// Several records of templates.
    Many(Vec<BTreeMap<String, String>>),
}

/// What OPEN says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Opened {
    balance: u32,
    #[serde(default)]
    sequence: u32,
    #[serde(default = "one")]
    authority_number: u32,
    year: Spanned<String>,
    #[serde(default = "new_year")]
    start: Spanned<String>,
    #[serde(default)]
    accumulators: [u32; 8],
    #[serde(default)]
    visits: [u16; 4],
    #[serde(default)]
    statement: u16,
    #[serde(default = "sixty")]
    limit: Spanned<u8>,
    #[serde(default)]
    off_line_amount: u32,
    #[serde(default)]
    off_line_count: u8,
    #[serde(default)]
    off_line_allowed: bool,
    #[serde(default)]
    single: u32,
    terminal: Spanned<String>,
    time: Spanned<String>,
}

const fn one() -> u32 {
    1
}

fn new_year() -> Spanned<String> {
    Spanned::new(0..0, "0101".into())
}

fn sixty() -> Spanned<u8> {
    Spanned::new(0..0, 60)
}

/// The application, below the one with this place in the list.
pub(super) fn installation(
    source: &Source<'_>,
    section: &Section,
    keys: Option<&Keys>,
    parent: u8,
) -> Result<Installation, ProfileError> {
    let mut data = Vec::new();
    let mut suite = 1;
    for (usage, id, label) in KEYS {
        let Some(keys) = keys else { break };
        let key = keys.card_key(label, Levels::Two);
        let algorithm = algorithm_byte(key.algorithm());
        suite = if algorithm == 4 { 3 } else { 1 };
        push(&mut data, 0xC1, &[&[usage, id, 1, algorithm], key.as_slice()]);
    }
    push(&mut data, 0xC2, &[&[suite]]);
    for (tag, text) in &section.items {
        push_item(source, tag, text, &mut data)?;
    }
    if let Some(opened) = &section.opened {
        push(&mut data, 0xC5, &[&opened.bytes(source)?]);
    }
    Ok(Installation {
        name: NAME.into(),
        applet: &MedicalAccount,
        data,
        segment_bytes: Some(SEGMENT_BYTES),
        parent,
    })
}

/// The records of one item.
fn push_item(
    source: &Source<'_>,
    tag: &str,
    text: &Spanned<Text>,
    data: &mut Vec<u8>,
) -> Result<(), ProfileError> {
    let words = items();
    let Some(item) = words.iter().find(|item| format!("{:02X}", item.tag) == tag) else {
        let tags: Vec<_> = words.iter().map(|item| format!("{:02X}", item.tag)).collect();
        let expected = format!("one of {}", tags.join(", "));
        return Err(source.wrong(text.span(), &expected, format!("{tag:?}")));
    };
    let records = (1..).zip(ITEMS).filter(|(_, there)| there.tag == item.tag);
    let places: Vec<u8> = records.map(|(number, _)| number).collect();
    let values = match (&item.coding, text.get_ref()) {
        (Coding::Items(inner), Text::Many(records)) => {
            let value = |record| template(source, inner, text, record);
            records.iter().map(value).collect::<Result<Vec<_>, _>>()?
        }
        (Coding::Characters | Coding::Digits, Text::One(value)) => {
            vec![coded(source, item, text, value)?]
        }
        _ => return Err(source.wrong(text.span(), "text, or of 9A and 9E tables", "neither")),
    };
    if values.len() > places.len() {
        let expected = format!("at most {} records of {tag}", places.len());
        return Err(source.wrong(text.span(), &expected, values.len().to_string()));
    }
    for (place, value) in places.into_iter().zip(values) {
        push(data, 0xC4, &[&[place], &value]);
    }
    Ok(())
}

fn template(
    source: &Source<'_>,
    inner: &[ItemWords],
    text: &Spanned<Text>,
    record: &BTreeMap<String, String>,
) -> Result<Vec<u8>, ProfileError> {
    let known = |tag: &String| inner.iter().any(|item| format!("{:02X}", item.tag) == *tag);
    if let Some(unknown) = record.keys().find(|tag| !known(tag)) {
        let tags: Vec<_> = inner.iter().map(|item| format!("{:02X}", item.tag)).collect();
        let expected = format!("tags {}", tags.join(", "));
        return Err(source.wrong(text.span(), &expected, format!("{unknown:?}")));
    }
    let mut value = Vec::new();
    for item in inner {
        let given = record.get(&format!("{:02X}", item.tag)).map_or("", String::as_str);
        value.extend([item.tag, item.bytes as u8]);
        value.extend(coded(source, item, text, given)?);
    }
    Ok(value)
}

/// A value at its full length: digits end with F, characters with 00.
fn coded(
    source: &Source<'_>,
    item: &ItemWords,
    text: &Spanned<Text>,
    value: &str,
) -> Result<Vec<u8>, ProfileError> {
    let (mut bytes, filling) = match item.coding {
        Coding::Digits => {
            let odd = if value.len().is_multiple_of(2) { "" } else { "F" };
            let digits = hex::decode(format!("{value}{odd}"));
            let wrong = |_| source.wrong(text.span(), "digits", format!("{value:?}"));
            (digits.map_err(wrong)?, 0xFF)
        }
        _ if value.is_ascii() => (value.as_bytes().to_vec(), 0x00),
        _ => return Err(source.wrong(text.span(), "ASCII characters", format!("{value:?}"))),
    };
    if bytes.len() > item.bytes {
        let expected = format!("at most {} bytes for {}", item.bytes, item.text);
        return Err(source.wrong(text.span(), &expected, bytes.len().to_string()));
    }
    bytes.resize(item.bytes, filling);
    Ok(bytes)
}

impl Opened {
    /// The data field of OPEN without its MAC.
    fn bytes(&self, source: &Source<'_>) -> Result<Vec<u8>, ProfileError> {
        if !(1..=60).contains(self.limit.get_ref()) {
            let got = self.limit.get_ref().to_string();
            return Err(source.wrong(self.limit.span(), "a limit of 1 to 60 entries", got));
        }
        let mut bytes = Vec::new();
        for number in [self.balance, self.sequence, self.authority_number] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(source.bytes::<2>(&self.year)?);
        bytes.extend(source.bytes::<2>(&self.start)?);
        bytes.extend(self.accumulators.iter().flat_map(|sum| sum.to_be_bytes()));
        bytes.extend(self.visits.iter().flat_map(|count| count.to_be_bytes()));
        bytes.extend(self.statement.to_be_bytes());
        bytes.push(*self.limit.get_ref());
        bytes.extend(self.off_line_amount.to_be_bytes());
        bytes.extend([self.off_line_count, self.off_line_allowed.into()]);
        bytes.extend(self.single.to_be_bytes());
        bytes.extend(source.bytes::<6>(&self.terminal)?);
        bytes.extend(source.bytes::<7>(&self.time)?);
        Ok(bytes)
    }
}

/// A data object: tag, two length bytes, value.
fn push(data: &mut Vec<u8>, tag: u8, value: &[&[u8]]) {
    let value = value.concat();
    data.extend([tag, 0x82]);
    data.extend((value.len() as u16).to_be_bytes());
    data.extend(value);
}

fn item(tag: u8, bytes: usize, coding: Coding, text: &str) -> ItemWords {
    ItemWords { tag, bytes, text: text.into(), coding }
}

fn field(bytes: usize, coding: Coding, text: &str) -> ItemWords {
    item(0, bytes, coding, text)
}

/// The items of EF05, each once.
fn items() -> Vec<ItemWords> {
    let digits = |tag, bytes, text| item(tag, bytes, Coding::Digits, text);
    let disease = vec![
        item(0x9B, 5, Coding::Characters, "病种代码 disease"),
        digits(0x9C, 4, "起始日期 from"),
        digits(0x9D, 4, "截止日期 to"),
    ];
    let place = vec![digits(0x9F, 3, "地区 region"), digits(0xBD, 4, "截止日期 until")];
    vec![
        item(0x81, 8, Coding::Characters, "险种类型及标识 scheme and marks"),
        digits(0x84, 3, "参保地行政区划代码 insured region"),
        digits(0x8C, 1, "参保人员类别 insured-person class"),
        digits(0x80, 4, "个人账户建立日期 account opened"),
        item(0x8B, 29, Coding::Characters, "个人账号 account number"),
        item(0x9A, 19, Coding::Items(disease), "门诊慢特病 chronic disease"),
        item(0x9E, 11, Coding::Items(place), "异地备案 approved place"),
    ]
}

/// What its files are called.
pub(super) fn words() -> DfWords {
    let file = |sfi: u8, text: &str, content| EfWords {
        fid: 0xEF00 | u16::from(sfi),
        sfi,
        text: text.into(),
        content,
    };
    DfWords {
        fid: 0xDF0A,
        name: AID.to_vec(),
        short: "ML".into(),
        text: "医疗个人账户 medical account".into(),
        efs: vec![
            file(0x05, "账户参数 parameters", ContentWords::Items(items())),
            file(0x08, "账目 entries", ContentWords::Fields(entry())),
            file(0x09, "年度 years", ContentWords::Fields(year())),
            file(0x0A, "事件 events", ContentWords::Fields(event())),
        ],
    }
}

fn number(bytes: usize, text: &str) -> ItemWords {
    field(bytes, Coding::Number, text)
}

fn entry() -> Vec<ItemWords> {
    vec![
        number(4, "账目序号 sequence"),
        field(1, Coding::Digits, "类型 type"),
        field(1, Coding::Digits, "类别 class"),
        field(1, Coding::Digits, "标志 flags"),
        field(6, Coding::Digits, "终端机编号 terminal"),
        field(7, Coding::Digits, "交易时间 time"),
        number(4, "账户支付 account"),
        number(4, "个人自付 self-paid"),
        number(4, "统筹支付 pooled fund"),
        number(4, "起付线 deductible"),
        number(4, "原序号 refers to"),
        number(4, "余额 balance after"),
        field(4, Coding::Digits, "TAC"),
    ]
}

fn year() -> Vec<ItemWords> {
    let mut fields =
        vec![field(2, Coding::Digits, "年度 year"), field(2, Coding::Digits, "起始月日 start")];
    let sums = [
        "account",
        "self-paid",
        "pooled fund",
        "deductible",
        "chronic pooled",
        "in-patient pooled",
        "credits",
        "out-of-area pooled",
    ];
    fields.extend(sums.map(|text| number(4, text)));
    let visits = ["out-patient", "in-patient", "chronic", "pharmacy"];
    fields.extend(visits.map(|text| number(2, &format!("{text} visits"))));
    fields.extend([number(4, "余额 closing balance"), number(4, "末序号 last sequence")]);
    fields
}

fn event() -> Vec<ItemWords> {
    vec![
        field(1, Coding::Digits, "事件 event"),
        field(1, Coding::Digits, "原因 reason"),
        number(4, "中心序号 authority number"),
        number(4, "账目序号 sequence"),
        field(7, Coding::Digits, "时间 time"),
        field(3, Coding::Digits, "unused"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The card's own table and this one speak of the same records.
    #[test]
    fn items_are_those_of_the_card() {
        for there in ITEMS {
            let here = items().into_iter().find(|item| item.tag == there.tag).map(|i| i.bytes);
            assert_eq!(here, Some(there.unwritten.len()), "{:02X}", there.tag);
        }
        for item in items() {
            if let Coding::Items(inner) = &item.coding {
                let bytes: usize = inner.iter().map(|inner| 2 + inner.bytes).sum();
                assert_eq!(item.bytes, bytes, "{:02X}", item.tag);
            }
        }
        let bytes = |fields: Vec<ItemWords>| fields.iter().map(|field| field.bytes).sum::<usize>();
        assert_eq!([bytes(entry()), bytes(year()), bytes(event())], [48, 52, 20]);
    }
}
