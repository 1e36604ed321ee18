//! Instruction bytes (ISO/IEC 7816-4:2020, 5.5 and table 5) as a newtype that prints its name.

use core::fmt;

/// An instruction byte. Any value survives; those the standards name print that name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ins(pub u8);

macro_rules! instructions {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        impl Ins {
            $(
                #[doc = concat!("`", stringify!($value), "`: ", $text, ".")]
                pub const $name: Self = Self($value);
            )*

            /// The standard's name of this instruction.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

instructions! {
    DEACTIVATE_FILE = 0x04, "DEACTIVATE FILE";
    ERASE_RECORD = 0x0C, "ERASE RECORD";
    ERASE_BINARY = 0x0E, "ERASE BINARY";
    ERASE_BINARY_ODD = 0x0F, "ERASE BINARY (odd)";
    VERIFY = 0x20, "VERIFY";
    MANAGE_SECURITY_ENVIRONMENT = 0x22, "MANAGE SECURITY ENVIRONMENT";
    CHANGE_REFERENCE_DATA = 0x24, "CHANGE REFERENCE DATA";
    DISABLE_VERIFICATION = 0x26, "DISABLE VERIFICATION REQUIREMENT";
    ENABLE_VERIFICATION = 0x28, "ENABLE VERIFICATION REQUIREMENT";
    PERFORM_SECURITY_OPERATION = 0x2A, "PERFORM SECURITY OPERATION";
    RESET_RETRY_COUNTER = 0x2C, "RESET RETRY COUNTER";
    ACTIVATE_FILE = 0x44, "ACTIVATE FILE";
    MANAGE_CHANNEL = 0x70, "MANAGE CHANNEL";
    EXTERNAL_AUTHENTICATE = 0x82, "EXTERNAL AUTHENTICATE";
    GET_CHALLENGE = 0x84, "GET CHALLENGE";
    GENERAL_AUTHENTICATE = 0x86, "GENERAL AUTHENTICATE";
    INTERNAL_AUTHENTICATE = 0x88, "INTERNAL AUTHENTICATE";
    SEARCH_BINARY = 0xA0, "SEARCH BINARY";
    SEARCH_RECORD = 0xA2, "SEARCH RECORD";
    SELECT = 0xA4, "SELECT";
    READ_BINARY = 0xB0, "READ BINARY";
    READ_BINARY_ODD = 0xB1, "READ BINARY (odd)";
    READ_RECORD = 0xB2, "READ RECORD";
    READ_RECORD_ODD = 0xB3, "READ RECORD (odd)";
    GET_RESPONSE = 0xC0, "GET RESPONSE";
    ENVELOPE = 0xC2, "ENVELOPE";
    GET_DATA = 0xCA, "GET DATA";
    GET_DATA_ODD = 0xCB, "GET DATA (odd)";
    WRITE_BINARY = 0xD0, "WRITE BINARY";
    WRITE_RECORD = 0xD2, "WRITE RECORD";
    UPDATE_BINARY = 0xD6, "UPDATE BINARY";
    UPDATE_BINARY_ODD = 0xD7, "UPDATE BINARY (odd)";
    PUT_DATA = 0xDA, "PUT DATA";
    PUT_DATA_ODD = 0xDB, "PUT DATA (odd)";
    UPDATE_RECORD = 0xDC, "UPDATE RECORD";
    UPDATE_RECORD_ODD = 0xDD, "UPDATE RECORD (odd)";
    CREATE_FILE = 0xE0, "CREATE FILE";
    APPEND_RECORD = 0xE2, "APPEND RECORD";
    DELETE_FILE = 0xE4, "DELETE FILE";
    TERMINATE_DF = 0xE6, "TERMINATE DF";
    TERMINATE_EF = 0xE8, "TERMINATE EF";
    TERMINATE_CARD_USAGE = 0xFE, "TERMINATE CARD USAGE";
}

impl Ins {
    /// False for 6X and 9X, which no card can take: on T=0 they would be status bytes
    /// (ISO/IEC 7816-3:2006, 10.3.2; ISO/IEC 7816-4:2020, 5.5).
    #[must_use]
    pub const fn is_valid(self) -> bool {
        !matches!(self.0 >> 4, 6 | 9)
    }
}

impl fmt::Display for Ins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "INS {:02X}", self.0),
        }
    }
}

impl fmt::Debug for Ins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
