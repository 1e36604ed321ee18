//! The history of the prompt: a file of the user's, without lines that hold a PIN or a key.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tessera::vectors::pattern::Names;

use super::{line::Line, raw, verb, words};

/// Lines that are read back.
const LINES_MAX: usize = 1000;

/// Instructions whose data are a PIN or a key: VERIFY, CHANGE REFERENCE DATA or PIN UNBLOCK, RESET
/// RETRY COUNTER or UNBLOCK, CHANGE and RELOAD PIN, WRITE KEY, PUT KEY.
const SECRET_INS: [u8; 6] = [0x20, 0x24, 0x2C, 0x5E, 0xD4, 0xD8];

/// Where the history lies: below what XDG calls the state of the user, or where Windows keeps it.
pub(super) fn default_path(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let of = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = of("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| of("HOME").map(|home| home.join(".local").join("state")))
        .or_else(|| of("LOCALAPPDATA"))?;
    Some(state.join("tessera").join("shell-history"))
}

/// The lines of the file, the oldest first; none where there is no file.
pub(super) fn read(path: &Path) -> Vec<String> {
    let text = fs::read(path).unwrap_or_default();
    let lines: Vec<_> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
    lines[lines.len().saturating_sub(LINES_MAX)..].to_vec()
}

/// Adds a line to the file, which nobody else may read.
///
/// # Errors
/// The file or its directory cannot be made or written.
pub(super) fn add(path: &Path, line: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = own(OpenOptions::new().append(true).create(true), path)?;
    writeln!(file, "{line}")
}

#[cfg(unix)]
fn own(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600).open(path)
}

#[cfg(not(unix))]
fn own(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.open(path)
}

/// The line may hold a PIN or a key. One that is not understood may too: a verb mistyped.
pub(super) fn is_secret(text: &str) -> bool {
    let Ok(Line { does, .. }) = Line::parse(text, &Names::new()) else { return true };
    if does.is_empty() {
        return !text.trim().is_empty();
    }
    if raw::is_raw(&does) {
        let digits: String = does.chars().filter(char::is_ascii_hexdigit).take(4).collect();
        let ins = digits.get(2..4).and_then(words::byte);
        // Names in braces may stand for anything.
        return ins.is_none_or(|ins| SECRET_INS.contains(&ins)) || does.contains('{');
    }
    let found = words::split(&does).and_then(verb::find);
    found.map_or(true, |(verb, _)| verb.is_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_pins_and_keys_are_secret_and_so_are_mistyped_ones() {
        for line in [
            "verify 123456",
            "v 123456",
            "ver 123456 -> 9000",
            "change-pin 123456 654321",
            "write-key 39 00 FF*16",
            "key 39/00 = FF*16",
            "let k = 00",
            "0020000003123456",
            "00 20 00 00 03 123456",
            "> 84D4010000",
            "805E0100",
            "verfy 123456",
            "12",
            "{k}",
            "00A4{k}",
            "verify \"123",
            "# verify 123456",
        ] {
            assert!(is_secret(line), "{line}");
        }
        for line in
            ["", "select 3f00", "00A40000023F00 -> 9000", "read record 1", "create df 3f01", "keys"]
        {
            assert!(!is_secret(line), "{line}");
        }
    }

    #[test]
    fn the_file_lies_in_the_state_directory() {
        let with = |pairs: &'static [(&str, &str)]| {
            default_path(|name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(
            with(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]),
            path("/s/tessera/shell-history")
        );
        assert_eq!(
            with(&[("XDG_STATE_HOME", ""), ("HOME", "/h")]),
            path("/h/.local/state/tessera/shell-history")
        );
        assert_eq!(with(&[("XDG_STATE_HOME", "relative")]), None);
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn lines_are_kept_for_their_owner_alone() {
        let directory =
            std::env::temp_dir().join(format!("tessera-{}-history", std::process::id()));
        let path = directory.join("new").join("shell-history");
        assert!(read(&path).is_empty());
        add(&path, "select 3f00").unwrap();
        add(&path, "tree").unwrap();
        assert_eq!(read(&path), ["select 3f00", "tree"]);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(
                &fs::metadata(&path).unwrap().permissions(),
            );
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, "x\n".repeat(LINES_MAX + 5)).unwrap();
        assert_eq!(read(&path).len(), LINES_MAX);
        fs::remove_dir_all(directory).unwrap();
    }
}
