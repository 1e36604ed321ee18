//! Installation data of the employer's application.
//!
//! ```toml
//! [employer]                              # what is left out is not written
//! name = "示例制造有限公司"
//! organisation-code = "000000019"
//! credit-code = "913304000000000190"      # unified credit code
//! type = "1"
//! economic-type = "110"
//! registration = "330400000019"           # number with the social insurance
//! region = "330400"
//! legal-representative = "测试乙"
//! address = "示例路1号"
//! telephone = "057300000000"
//! registered = "20050101"
//! [[employer.insurances]]                 # at most 5
//! scheme = "110"
//! state = "1"                             # 1 in force, 2 suspended, 3 ended
//! since = "20050101"
//! [[employer.agents]]                     # at most 3
//! name = "测试丙"
//! number = "330499198501010014"
//! rights = "1"
//! [[employer.declarations]]               # the newest first, at most 24
//! month = "202606"
//! scheme = "110"
//! persons = 12
//! base = 7200000                          # in fen
//! state = "1"
//! receipt = 7
//! ```

use std::ops::Range;

use serde::Deserialize;
use tessera_employer::{
    Employer,
    files::{FID, FILES, KEYS, NAME as AID},
};
use toml::Spanned;

use super::{
    Installation, ProfileError, Source,
    keys::Keys,
    values::{push, push_keys},
};
use crate::trace::{Coding, ContentWords, DfWords, EfWords, ItemWords};

/// What messages call it.
pub(super) const NAME: &str = "employer";

/// Room for the files, and for three versions of the keys.
const SEGMENT_BYTES: u32 = 3072;

/// `[employer]` of a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    name: Option<Spanned<String>>,
    organisation_code: Option<Spanned<String>>,
    credit_code: Option<Spanned<String>>,
    r#type: Option<Spanned<String>>,
    economic_type: Option<Spanned<String>>,
    registration: Option<Spanned<String>>,
    region: Option<Spanned<String>>,
    legal_representative: Option<Spanned<String>>,
    address: Option<Spanned<String>>,
    telephone: Option<Spanned<String>>,
    registered: Option<Spanned<String>>,
    #[serde(default)]
    insurances: Vec<Insurance>,
    #[serde(default)]
    agents: Vec<Agent>,
    #[serde(default)]
    declarations: Vec<Declaration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Insurance {
    scheme: Spanned<String>,
    state: Spanned<String>,
    since: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Agent {
    name: Spanned<String>,
    number: Spanned<String>,
    rights: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Declaration {
    month: Spanned<String>,
    scheme: Spanned<String>,
    persons: u32,
    base: u64,
    state: Spanned<String>,
    receipt: Spanned<u32>,
}

/// How the value of an item is coded.
#[derive(Clone, Copy)]
enum Value {
    An,
    Cn,
}

use Value::{An, Cn};

/// The items of EF05 in the order of records: tag, coding, bytes, and what they are called.
const ITEMS: [(u8, Value, usize, &str); 11] = [
    (0x2E, An, 0x46, "单位名称 employer"),
    (0x30, An, 0x09, "组织机构代码 organisation code"),
    (0xE8, An, 0x12, "统一社会信用代码 unified credit code"),
    (0x31, An, 0x01, "单位类型 type"),
    (0x32, An, 0x03, "经济类型 economic type"),
    (0xE9, Cn, 0x06, "社会保险登记号 social-insurance registration number"),
    (0xEA, Cn, 0x03, "行政区划代码 region"),
    (0xEB, An, 0x1E, "法定代表人 legal representative"),
    (0xEC, An, 0x50, "地址 address"),
    (0xED, An, 0x0F, "联系电话 telephone"),
    (0xEE, Cn, 0x04, "登记日期 registered on"),
];

impl Section {
    fn items(&self) -> [&Option<Spanned<String>>; 11] {
        [
            &self.name,
            &self.organisation_code,
            &self.credit_code,
            &self.r#type,
            &self.economic_type,
            &self.registration,
            &self.region,
            &self.legal_representative,
            &self.address,
            &self.telephone,
            &self.registered,
        ]
    }
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
    for ((number, text), (tag, value, bytes, _)) in (1..).zip(section.items()).zip(ITEMS) {
        let Some(text) = text else { continue };
        let value = match value {
            An => source.characters(text, bytes)?,
            Cn => source.digits(text, bytes)?,
        };
        push(&mut data, 0xC2, &[&[0x05, number, tag, bytes as u8], &value]);
    }
    at_most(source, 5, &section.insurances, |insurance| insurance.scheme.span())?;
    for (number, insurance) in (1..).zip(&section.insurances) {
        push(&mut data, 0xC2, &[&[0x06, number], &insurance.record(source)?]);
    }
    at_most(source, 3, &section.agents, |agent| agent.name.span())?;
    for (number, agent) in (1..).zip(&section.agents) {
        push(&mut data, 0xC2, &[&[0x08, number], &agent.record(source)?]);
    }
    at_most(source, 24, &section.declarations, |declaration| declaration.month.span())?;
    for declaration in section.declarations.iter().rev() {
        push(&mut data, 0xC2, &[&[0x07, 1], &declaration.record(source)?]);
    }
    let segment_bytes = Some(SEGMENT_BYTES);
    Ok(Installation { name: NAME.into(), applet: &Employer, data, segment_bytes, parent })
}

fn at_most<T>(
    source: &Source<'_>,
    most: usize,
    list: &[T],
    span: impl Fn(&T) -> Range<usize>,
) -> Result<(), ProfileError> {
    match list.get(most) {
        None => Ok(()),
        Some(one_too_many) => {
            let expected = format!("at most {most}");
            Err(source.wrong(span(one_too_many), &expected, list.len().to_string()))
        }
    }
}

impl Insurance {
    fn record(&self, source: &Source<'_>) -> Result<Vec<u8>, ProfileError> {
        let scheme = item(0xFA, &source.characters(&self.scheme, 0x03)?);
        let state = item(0xFB, &source.characters(&self.state, 0x01)?);
        let since = item(0xFC, &source.digits(&self.since, 0x04)?);
        Ok(item(0xEF, &[scheme, state, since].concat()))
    }
}

impl Agent {
    fn record(&self, source: &Source<'_>) -> Result<Vec<u8>, ProfileError> {
        let name = item(0xFE, &source.characters(&self.name, 0x1E)?);
        let number = item(0xBE, &source.characters(&self.number, 0x12)?);
        let rights = item(0xBF, &source.characters(&self.rights, 0x01)?);
        Ok(item(0xFD, &[name, number, rights].concat()))
    }
}

impl Declaration {
    fn record(&self, source: &Source<'_>) -> Result<Vec<u8>, ProfileError> {
        let [0, receipt @ ..] = self.receipt.get_ref().to_be_bytes() else {
            let got = self.receipt.get_ref().to_string();
            return Err(source.wrong(self.receipt.span(), "a receipt of three bytes", got));
        };
        let fields = [
            source.digits(&self.month, 0x03)?,
            source.characters(&self.scheme, 0x03)?,
            self.persons.to_be_bytes().to_vec(),
            self.base.to_be_bytes().to_vec(),
            source.characters(&self.state, 0x01)?,
            receipt.to_vec(),
        ];
        Ok(fields.concat())
    }
}

fn item(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, value.len() as u8], value].concat()
}

/// What its files are called.
pub(super) fn words() -> DfWords {
    let word = |tag, bytes, coding, text: &str| ItemWords { tag, bytes, text: text.into(), coding };
    let employer = ITEMS.iter().map(|&(tag, value, bytes, text)| {
        let coding = if matches!(value, Cn) { Coding::Digits } else { Coding::Characters };
        word(tag, bytes, coding, text)
    });
    let insurance = vec![
        word(0xFA, 0x03, Coding::Characters, "险种 scheme"),
        word(0xFB, 0x01, Coding::Characters, "参保状态 state"),
        word(0xFC, 0x04, Coding::Digits, "起始日期 since"),
    ];
    let agent = vec![
        word(0xFE, 0x1E, Coding::Characters, "姓名 name"),
        word(0xBE, 0x12, Coding::Characters, "公民身份号码 number"),
        word(0xBF, 0x01, Coding::Characters, "权限 rights"),
    ];
    let declaration = vec![
        word(0, 0x03, Coding::Digits, "月份 month"),
        word(0, 0x03, Coding::Characters, "险种 scheme"),
        word(0, 0x04, Coding::Number, "人数 persons"),
        word(0, 0x08, Coding::Number, "缴费基数 base in fen"),
        word(0, 0x01, Coding::Characters, "状态 state"),
        word(0, 0x03, Coding::Number, "回执号 receipt"),
    ];
    let batch = vec![
        word(0, 0x04, Coding::Number, "批次号 batch"),
        word(0, 0x01, Coding::Characters, "种类 kind"),
        word(0, 0x04, Coding::Number, "笔数 count"),
        word(0, 0x08, Coding::Number, "摘要 digest, first half"),
        word(0, 0x08, Coding::Number, "摘要 digest, second half"),
        word(0, 0x07, Coding::Digits, "时间 time"),
    ];
    let contents = [
        ("单位信息 employer", ContentWords::Items(employer.collect())),
        (
            "参保情况 insurance",
            ContentWords::Items(vec![word(0xEF, 0x0E, Coding::Items(insurance), "参保 insurance")]),
        ),
        ("缴费申报 declarations", ContentWords::Fields(declaration)),
        (
            "经办人 agents",
            ContentWords::Items(vec![word(0xFD, 0x37, Coding::Items(agent), "经办人 agent")]),
        ),
        ("电子签章记录 batches", ContentWords::Fields(batch)),
    ];
    let file = |(file, (text, content)): (&tessera_employer::files::File, (&str, _))| EfWords {
        fid: file.spec.fid.0,
        sfi: file.sfi(),
        text: text.into(),
        content,
    };
    DfWords {
        fid: FID.0,
        name: AID.to_vec(),
        short: "DF0B".into(),
        text: "用人单位 employer".into(),
        efs: FILES.iter().zip(contents).map(file).collect(),
    }
}
