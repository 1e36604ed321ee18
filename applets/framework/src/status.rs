//! Status words SW1-SW2 (ISO/IEC 7816-4:2020, 5.6) as a newtype that keeps unknown values.

use core::fmt;

/// SW1-SW2. Any value survives; those with a name print it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusWord(pub u16);

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        impl StatusWord {
            $(
                #[doc = concat!("`", stringify!($value), "`: ", $text, ".")]
                pub const $name: Self = Self($value);
            )*

            /// The standard's words for this value, where it has a fixed meaning.
            #[must_use]
            pub const fn meaning(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

words! {
    OK = 0x9000, "normal processing";
    WARNING = 0x6200, "warning, memory unchanged";
    CORRUPTED = 0x6281, "part of the data may be corrupted";
    END_OF_FILE = 0x6282, "end of file or record before Ne bytes";
    DEACTIVATED = 0x6283, "selected file deactivated";
    BAD_CONTROL_INFORMATION = 0x6284, "file control information not formatted";
    TERMINATED = 0x6285, "selected file in termination state";
    WARNING_CHANGED = 0x6300, "warning, memory changed";
    FILLED_UP = 0x6381, "file filled up by the last write";
    EXECUTION_ERROR = 0x6400, "execution error, memory unchanged";
    MEMORY_FAILURE = 0x6581, "memory failure";
    WRONG_LENGTH = 0x6700, "wrong length";
    CHANNEL_NOT_SUPPORTED = 0x6881, "logical channel not supported";
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882, "secure messaging not supported";
    LAST_OF_CHAIN_EXPECTED = 0x6883, "last command of the chain expected";
    CHAINING_NOT_SUPPORTED = 0x6884, "command chaining not supported";
    NOT_ALLOWED = 0x6900, "command not allowed";
    INCOMPATIBLE_FILE_STRUCTURE = 0x6981, "command incompatible with file structure";
    SECURITY_STATUS_NOT_SATISFIED = 0x6982, "security status not satisfied";
    BLOCKED = 0x6983, "authentication method blocked";
    REFERENCE_DATA_NOT_USABLE = 0x6984, "reference data not usable";
    CONDITIONS_NOT_SATISFIED = 0x6985, "conditions of use not satisfied";
    NO_CURRENT_EF = 0x6986, "command not allowed, no current EF";
    SM_OBJECTS_MISSING = 0x6987, "secure messaging data objects missing";
    SM_OBJECTS_INCORRECT = 0x6988, "secure messaging data objects incorrect";
    WRONG_P1P2_NO_INFO = 0x6A00, "wrong P1-P2";
    WRONG_DATA = 0x6A80, "incorrect parameters in the command data field";
    FUNCTION_NOT_SUPPORTED = 0x6A81, "function not supported";
    NOT_FOUND = 0x6A82, "file or application not found";
    RECORD_NOT_FOUND = 0x6A83, "record not found";
    NOT_ENOUGH_MEMORY = 0x6A84, "not enough memory space";
    NC_INCONSISTENT_WITH_TLV = 0x6A85, "Nc inconsistent with TLV structure";
    WRONG_P1P2 = 0x6A86, "incorrect parameters P1-P2";
    NC_INCONSISTENT_WITH_P1P2 = 0x6A87, "Nc inconsistent with P1-P2";
    REFERENCED_DATA_NOT_FOUND = 0x6A88, "referenced data or reference data not found";
    FILE_EXISTS = 0x6A89, "file already exists";
    NAME_EXISTS = 0x6A8A, "DF name already exists";
    WRONG_OFFSET = 0x6B00, "wrong parameters P1-P2, offset outside";
    INS_NOT_SUPPORTED = 0x6D00, "instruction not supported or invalid";
    CLA_NOT_SUPPORTED = 0x6E00, "class not supported";
    NO_DIAGNOSIS = 0x6F00, "no precise diagnosis";
}

/// Words of PBOC cards (JR/T 0025.1), which ISO/IEC 7816-4 leaves open or reads otherwise.
impl StatusWord {
    /// `6901`: not accepted in this state, as a second command without its first.
    pub const INVALID_STATE: Self = Self(0x6901);
    /// `9302`: the MAC is wrong, or the message it protects.
    pub const MAC_WRONG: Self = Self(0x9302);
    /// `9303`: the application is locked for ever.
    pub const APPLICATION_LOCKED: Self = Self(0x9303);
    /// `9401`: the amount is greater than the balance.
    pub const BALANCE_INSUFFICIENT: Self = Self(0x9401);
    /// `9402`: the transaction number is at its maximum.
    pub const NUMBER_AT_MAXIMUM: Self = Self(0x9402);
    /// `9403`: there is no key with this identifier.
    pub const KEY_NOT_FOUND: Self = Self(0x9403);
    /// `9406`: the MAC and TAC asked for are not available.
    pub const NO_PROOF: Self = Self(0x9406);
}

impl StatusWord {
    /// `61XX`: more response bytes are ready, 256 or more as `6100`.
    #[must_use]
    pub const fn more(bytes: usize) -> Self {
        Self(0x6100 | if bytes >= 256 { 0 } else { bytes as u16 })
    }

    /// `6CXX`: wrong Le, `bytes` is the exact number, 256 as `6C00`.
    #[must_use]
    pub const fn wrong_le(bytes: usize) -> Self {
        Self(0x6C00 | (bytes & 0xFF) as u16)
    }

    /// `63CX`: verification failed, `tries` further tries are allowed (0 to 15).
    #[must_use]
    pub const fn tries_left(tries: u8) -> Self {
        Self(0x63C0 | if tries > 15 { 15 } else { tries as u16 })
    }

    /// SW1.
    #[must_use]
    pub const fn sw1(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// SW2.
    #[must_use]
    pub const fn sw2(self) -> u8 {
        self.0 as u8
    }

    /// SW1 62 or 63: processed, with a warning; the answer may carry data.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(self.sw1(), 0x62 | 0x63)
    }

    /// SW1 says that non-volatile memory is as it was before the command: every `6X` but 61, 63
    /// and 65 (ISO/IEC 7816-4:2020, table 6).
    #[must_use]
    pub const fn promises_unchanged(self) -> bool {
        matches!(self.sw1(), 0x60 | 0x62 | 0x64 | 0x66..=0x6F)
    }

    /// Both bytes, as they go over the line.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for StatusWord {
    /// Four hexadecimal digits, then the meaning: `6A82 file or application not found`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)?;
        match (self.sw1(), self.sw2(), self.meaning()) {
            (_, _, Some(text)) => write!(f, " {text}"),
            (0x61, 0, _) => write!(f, " 256 or more bytes ready"),
            (0x61, n, _) => write!(f, " {n} more bytes ready"),
            (0x6C, 0, _) => write!(f, " wrong Le, right is 256"),
            (0x6C, n, _) => write!(f, " wrong Le, right is {n}"),
            (0x63, n, _) if n >> 4 == 0xC => {
                write!(f, " verification failed, {} tries left", n & 15)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<[u8; 2]> for StatusWord {
    fn from(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_whether_memory_may_have_changed() {
        for (word, unchanged) in [
            (0x9000, false),
            (0x6108, false),
            (0x6282, true),
            (0x63C2, false),
            (0x6400, true),
            (0x6581, false),
            (0x6700, true),
            (0x6A82, true),
            (0x6C10, true),
            (0x9302, false),
        ] {
            assert_eq!(StatusWord(word).promises_unchanged(), unchanged, "{word:04X}");
        }
    }

    #[test]
    fn built_words_clamp_to_what_one_byte_can_say() {
        assert_eq!(StatusWord::more(300), StatusWord(0x6100));
        assert_eq!(StatusWord::more(24), StatusWord(0x6118));
        assert_eq!(StatusWord::wrong_le(256), StatusWord(0x6C00));
        assert_eq!(StatusWord::tries_left(200), StatusWord(0x63CF));
    }
}
