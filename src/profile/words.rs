//! What the files of a profile's applications are called, for traces.

use tessera_framework::tlv::DataObjects;
use tessera_social_security::{
    generation::Generation,
    structure::{Content, Format, Item},
};

use super::files::df_name;
use crate::trace::{Coding, ContentWords, DfWords, EfWords, ItemWords, Vocabulary};

/// The MF's files, then the social-security card's, by the tables its installation data name.
pub(super) fn vocabulary(data: &[u8]) -> Vocabulary {
    let code = DataObjects::new(data).flatten().find(|object| object.tag.0 == 0xCD);
    let code = code.and_then(|object| object.value.first().copied());
    let generation = code.and_then(Generation::of).unwrap_or_default();
    let mut dfs = vec![DfWords {
        fid: 0x3F00,
        name: b"\xF0TESSERA.MF".to_vec(),
        short: "MF".into(),
        text: "主文件 master file".into(),
        efs: vec![objects(0x2F00, 30, "EF.DIR, applications"), objects(0x2F01, 29, "EF.ATR/INFO")],
    }];
    dfs.extend(generation.dfs().iter().map(|df| {
        DfWords {
            fid: df.fid,
            name: df.name.to_vec(),
            short: df_name(df),
            text: format!("{} {}", df.chinese, df.english),
            efs: df
                .files
                .iter()
                .map(|file| EfWords {
                    fid: file.fid(),
                    sfi: file.sfi,
                    text: format!("{} {}", file.chinese, file.english),
                    content: match file.content {
                        Content::Transparent { .. } => ContentWords::Bytes,
                        Content::Items { items, .. } => ContentWords::Items(words(items)),
                        Content::Cyclic { fields, .. } => ContentWords::Fields(words(fields)),
                    },
                })
                .collect(),
        }
    }));
    Vocabulary { dfs }
}

fn objects(fid: u16, sfi: u8, text: &str) -> EfWords {
    EfWords { fid, sfi, text: text.into(), content: ContentWords::Objects }
}

fn words(items: &[Item]) -> Vec<ItemWords> {
    let word = |item: &Item| ItemWords {
        tag: item.tag,
        bytes: item.bytes.into(),
        text: format!("{} {}", item.chinese, item.english),
        coding: match item.format {
            Format::Digits => Coding::Digits,
            Format::Characters => Coding::Characters,
            Format::Binary => Coding::Number,
            Format::Template(items) => Coding::Items(words(items)),
        },
    };
    items.iter().map(word).collect()
}
