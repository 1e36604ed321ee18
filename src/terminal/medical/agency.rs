//! What an agency does with a card, by keys of its PSAM and of its authority: it reads and updates
//! data items without the holder's PIN, and loads a new PIN for one that is forgotten.

use crate::terminal::Pin;

use super::{
    Authority,
    desk::{PUK, Station, StationKey, UK2DF01, UK3DF03},
    entry::CardId,
    error::MedicalError,
    identity::{Identity, Items},
    question::{self, Ask},
};

impl Station<'_> {
    /// Data items of a file, by a key of the PSAM.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn read_by_key(
        &mut self,
        card: &CardId,
        (directory, sfi): (u16, u8),
        key: StationKey,
    ) -> Result<Items, MedicalError> {
        self.card.get(&question::select_directory(directory), &mut self.progress)?;
        self.show_key(card, key)?;
        let ask = question::read_items(sfi, &format!("tell file {sfi:02X}"));
        Ok(self.card.read(&ask, "data items", &mut self.progress, Items::of)?)
    }

    /// Loads a new PIN, or with none gives all tries of the old one back. The holder has shown his
    /// identity card: its number has to be that of the card.
    ///
    /// # Errors
    /// [`MedicalError::OtherHolder`], and others.
    pub fn reload_pin(
        &mut self,
        authority: &Authority,
        identity: &Identity,
        shown: &str,
        new: Option<&Pin>,
    ) -> Result<(), MedicalError> {
        if identity.number != shown {
            return Err(MedicalError::OtherHolder { shown: shown.into() });
        }
        let card = &identity.card;
        self.show_key(card, PUK)?;
        let bytes = if card.sm4 { 0x10 } else { 0x08 };
        let challenge = self.card.get(&question::get_challenge(bytes), &mut self.progress)?;
        let apdu = authority.keys().pin_command(card, new, &challenge);
        let apdu = apdu.map_err(super::authority::AuthorityError::from)?;
        let asked = if new.is_some() { "take a new PIN" } else { "give all tries back" };
        self.card.get(&Ask::whole(apdu, asked), &mut self.progress)?;
        Ok(())
    }

    /// Updates one data item by a key of the PSAM: the holder's PIN is not asked for.
    ///
    /// # Errors
    /// [`MedicalError`].
    pub fn update_item(
        &mut self,
        card: &CardId,
        item: &ItemPlace,
        value: &[u8],
    ) -> Result<(), MedicalError> {
        self.card.get(&question::select_directory(item.directory), &mut self.progress)?;
        self.show_key(card, item.key)?;
        let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
        let data = [&[item.tag, length], value].concat();
        let value_in_words = super::identity::text(value);
        let asked = format!("take {value_in_words} for item {:02X}, {}", item.tag, item.what);
        let ask = question::update_record(item.sfi, item.record, &data, &asked);
        self.card.get(&ask, &mut self.progress)?;
        Ok(())
    }
}

/// Where a data item is, and the key that updates it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ItemPlace {
    /// Directory.
    pub directory: u16,
    /// File.
    pub sfi: u8,
    /// Record.
    pub record: u8,
    /// Tag.
    pub tag: u8,
    /// The key that updates it.
    pub key: StationKey,
    /// What it is.
    pub what: &'static str,
}

/// When the pension insurance's items were updated, item 73 of DF03.
pub const PENSION_UPDATED: ItemPlace = ItemPlace {
    directory: 0xDF03,
    sfi: 0x07,
    record: 6,
    tag: 0x73,
    key: UK3DF03,
    what: "day of update",
};

/// The holder's employment or retirement status, item 29.
pub const STATUS_ITEM: ItemPlace =
    ItemPlace { directory: 0xDF01, sfi: 0x07, record: 1, tag: 0x29, key: UK2DF01, what: "status" };
