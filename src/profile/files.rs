//! Which files of the tables a social-security card has: sets by memory, lists, paths.

use serde::Deserialize;
use tessera_social_security::{
    generation::Generation,
    structure::{Class, Df, File},
};
use toml::Spanned;

use super::{ProfileError, Source};

/// `files` of a profile: a set's name, or paths.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Files {
    Set(String),
    List(Vec<String>),
}

/// The tables of a card, as a profile speaks of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tables(pub(super) Generation);

impl Tables {
    /// Those of the specification's version that a profile names; without a name V2.0.
    pub(super) fn read(
        source: &Source<'_>,
        version: Option<&Spanned<String>>,
    ) -> Result<Self, ProfileError> {
        let Some(version) = version else { return Ok(Self(Generation::Version2)) };
        match version.get_ref().as_str() {
            "V1.0" => Ok(Self(Generation::Version1)),
            "V2.0" | "V3.0" => Ok(Self(Generation::Version2)),
            other => {
                let expected = "\"V1.0\", \"V2.0\" or \"V3.0\"";
                Err(source.wrong(version.span(), expected, format!("{other:?}")))
            }
        }
    }

    /// The files a set or a list names.
    pub(super) fn choose(
        self,
        source: &Source<'_>,
        files: &Spanned<Files>,
    ) -> Result<Vec<(&'static Df, &'static File)>, ProfileError> {
        let all = || {
            let dfs = self.0.dfs().iter().copied();
            dfs.flat_map(|df| df.files.iter().map(move |file| (df, file)))
        };
        match files.get_ref() {
            Files::Set(set) if matches!(set.as_str(), "P8" | "P16" | "P32" | "P80") => {
                Ok(all().filter(|(df, file)| in_set(set, df, file)).collect())
            }
            Files::Set(other) => Err(source.wrong(
                files.span(),
                "P8, P16, P32, P80 or a list of files",
                format!("{other:?}"),
            )),
            Files::List(paths) => paths
                .iter()
                .map(|path| {
                    let (df, file) = path.split_once('/').unwrap_or((path, ""));
                    self.find(df, file).ok_or_else(|| {
                        source.wrong(files.span(), "a file such as SSSE/EF05", format!("{path:?}"))
                    })
                })
                .collect(),
        }
    }

    /// A file by its names, as `DF01` and `EF06`.
    pub(super) fn find(self, df: &str, file: &str) -> Option<(&'static Df, &'static File)> {
        let df = self.0.dfs().iter().copied().find(|d| df_name(d) == df)?;
        let file = df.files.iter().find(|f| format!("{:04X}", f.fid()) == file)?;
        Some((df, file))
    }
}

/// The sets, by the memory they are meant for (capacities are own choices).
fn in_set(set: &str, df: &Df, file: &File) -> bool {
    match set {
        "P8" => {
            let large = matches!(
                (df.fid, file.sfi),
                (0xDDF1, 0x07 | 0x08) | (0xDF01, 0x16..=0x1A) | (0xDF04, 0x08 | 0x15)
            );
            !large && !matches!(df.fid, 0xDF05..=0xDF07)
        }
        "P16" => match file.class {
            Class::InUse | Class::Reserved => true,
            Class::Preset => df.fid == 0xDF02,
            Class::Informative => df.fid == 0xDF05,
        },
        _ => true,
    }
}

/// Short name of a directory: SSSE, DF01 and so on.
pub(super) fn df_name(df: &Df) -> String {
    if df.fid == 0xDDF1 { "SSSE".into() } else { format!("{:04X}", df.fid) }
}

/// Path of a file: SSSE/EF05 and so on.
pub(super) fn file_name(df: &Df, file: &File) -> String {
    format!("{}/{:04X}", df_name(df), file.fid())
}
