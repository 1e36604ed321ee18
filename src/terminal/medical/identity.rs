//! Who holds the card and what he is entitled to: data items, and the factor of the card's keys.

use crate::{
    keys::{Factor, Region},
    terminal::Moment,
};

use super::{answer::Year, entry::CardId};

/// Data items one after the other: tag, length, value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Items(Vec<(u8, Vec<u8>)>);

impl Items {
    /// From the records of a file; `None` when lengths do not fit.
    #[must_use]
    pub fn of(mut data: &[u8]) -> Option<Self> {
        let mut items = Vec::new();
        while let [tag, length, rest @ ..] = data {
            let (value, after) = rest.split_at_checked(usize::from(*length))?;
            items.push((*tag, value.to_vec()));
            data = after;
        }
        data.is_empty().then_some(Self(items))
    }

    /// The value of the first item with this tag.
    #[must_use]
    pub fn get(&self, tag: u8) -> Option<&[u8]> {
        self.0.iter().find(|(found, _)| *found == tag).map(|(_, value)| &value[..])
    }

    fn array<const N: usize>(&self, tag: u8) -> Option<[u8; N]> {
        self.get(tag)?.try_into().ok()
    }
}

/// Characters, in GBK, without the fill behind them.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let (text, ..) = encoding_rs::GBK.decode(bytes.get(..end).unwrap_or_default());
    text.into_owned()
}

/// The card and its holder, as the files say that anybody may read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The card, and whose its keys are.
    pub card: CardId,
    /// Social security number, item 08.
    pub number: String,
    /// Name, items 09 and 4E.
    pub name: String,
    /// First day of validity, packed digits.
    pub issued: [u8; 4],
    /// Last day of validity, packed digits.
    pub expires: [u8; 4],
}

impl Identity {
    /// From the answer to reset, the issuer's items and the holder's; `None` when one is missing
    /// that has to be there.
    #[must_use]
    pub fn of(atr: &[u8], issuer: &Items, holder: &Items, sm4: bool) -> Option<Self> {
        let code: [u8; 16] = issuer.array(0x01)?;
        let region = Region::packed(*code.first_chunk()?)?;
        let version = issuer.get(0x03)?;
        let mut name = holder.get(0x09)?.to_vec();
        name.retain(|byte| *byte != 0);
        name.extend(holder.get(0x4E).unwrap_or_default());
        Some(Self {
            card: CardId {
                number: text(issuer.get(0x07)?),
                region: region.digits().to_owned(),
                factor: factor_of(atr).unwrap_or_else(|| factor_of_code(&code)),
                sm4: sm4 || version.first() == Some(&b'3'),
            },
            number: text(holder.get(0x08)?),
            name: text(&name),
            issued: issuer.array(0x05)?,
            expires: issuer.array(0x06)?,
        })
    }

    /// Whether the card is valid that day.
    #[must_use]
    pub fn is_valid(&self, when: &Moment) -> bool {
        (self.issued..=self.expires).contains(&when.date())
    }
}

/// The card's factor: the last eight of the thirteen historical bytes; `None` when the answer to
/// reset has others.
#[must_use]
pub fn factor_of(atr: &[u8]) -> Option<Factor> {
    let [_, t0, rest @ ..] = atr else { return None };
    let (mut rest, mut follows) = (rest, *t0);
    // TA, TB, TC and TD, as the high half byte before them says; TD has the next half byte.
    loop {
        let bytes = (follows >> 4).count_ones() as usize;
        let (group, after) = rest.split_at_checked(bytes)?;
        rest = after;
        match (follows & 0x80 != 0, group.last()) {
            (true, Some(td)) => follows = *td,
            _ => break,
        }
    }
    let historical = rest.get(..usize::from(t0 & 0x0F))?;
    historical.get(..13).and_then(crate::keys::card_factor)
}

/// The factor where the answer to reset has none: 86, 01, four digits of the region, and the serial
/// number of the identification code (own design).
fn factor_of_code(code: &[u8; 16]) -> Factor {
    let [a, b, _, _, _, _, _, _, w, x, y, z, ..] = *code;
    [0x86, 0x01, a, b, w, x, y, z]
}

/// What the medical insurance says of the holder: items 81, 84 and 8C.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entitlement {
    /// Item 81: scheme and five flags.
    scheme: [u8; 8],
    /// Item 84: where the holder is insured.
    pub region: [u8; 3],
    /// Item 8C: class of the insured person.
    pub class: u8,
}

impl Entitlement {
    /// From the three items' values.
    #[must_use]
    pub fn of(scheme: &[u8], region: &[u8], class: &[u8]) -> Option<Self> {
        Some(Self {
            scheme: scheme.try_into().ok()?,
            region: region.try_into().ok()?,
            class: *class.first()?,
        })
    }

    /// Scheme of the insurance, three digits.
    #[must_use]
    pub fn scheme(&self) -> String {
        text(self.scheme.get(..3).unwrap_or_default())
    }

    /// Care out of the area is approved.
    #[must_use]
    pub fn out_of_area(&self) -> bool {
        self.flag(3)
    }

    /// In the pool for out-patients.
    #[must_use]
    pub fn pool(&self) -> bool {
        self.flag(4)
    }

    /// Has a serious or chronic disease that is treated as an out-patient.
    #[must_use]
    pub fn chronic(&self) -> bool {
        self.flag(5)
    }

    fn flag(&self, at: usize) -> bool {
        self.scheme.get(at) == Some(&b'1')
    }

    /// Whether a terminal with this number is in the region of the insurance: four digits.
    #[must_use]
    pub fn is_region_of(&self, terminal: &[u8; 6]) -> bool {
        self.region.get(..2) == terminal.get(..2)
    }

    /// In words, for the clerk.
    #[must_use]
    pub fn in_words(&self) -> String {
        let scheme = match self.scheme().as_str() {
            "310" => "employees' insurance".to_owned(),
            "340" => "retired cadres".to_owned(),
            "380" => "rural cooperative".to_owned(),
            "390" => "residents' insurance".to_owned(),
            "391" => "urban residents' insurance".to_owned(),
            other => format!("scheme {other}"),
        };
        let mut words =
            format!("{scheme} in {}, class {:02X}", hex::encode(self.region), self.class);
        for (has, what) in [
            (self.out_of_area(), "other areas too"),
            (self.pool(), "out-patient pool"),
            (self.chronic(), "chronic disease"),
        ] {
            if has {
                words.push_str(", ");
                words.push_str(what);
            }
        }
        words
    }
}

/// The year of a moment in packed digits.
#[must_use]
pub const fn year_of(when: &Moment) -> Year {
    let [a, b, ..] = when.date();
    [a, b]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        hex::decode(hex.replace(' ', "")).unwrap()
    }

    #[test]
    fn the_factor_is_the_last_eight_of_thirteen_historical_bytes() {
        let factor = Some(bytes("8601330400000298").try_into().unwrap());
        for atr in [
            "3B6D0000 00815653438601330400000298",
            "3B8D8001 00815653438601330400000298 55",
            "3BDD96FF81B1FE451F03 00815653438601330400000298 00",
        ] {
            assert_eq!(factor_of(&bytes(atr)), factor, "{atr}");
        }
        for none in ["", "3B", "3B00", "3B0D00", "3B6C0000 008156534386013304000002", "3BFD96"] {
            assert_eq!(factor_of(&bytes(none)), None, "{none}");
        }
    }

    #[test]
    fn items_are_read_in_order_and_broken_lengths_are_none() {
        let items = Items::of(&bytes("0701 41 0900 0802 3132")).unwrap();
        assert_eq!(items.get(0x07), Some(&b"A"[..]));
        assert_eq!(items.get(0x08), Some(&b"12"[..]));
        assert_eq!(items.get(0x0A), None);
        for broken in ["07", "0702 41", "0701 41 08"] {
            assert_eq!(Items::of(&bytes(broken)), None, "{broken}");
        }
    }

    #[test]
    fn a_card_is_identified_by_its_items_and_valid_on_its_first_and_last_day() {
        let code = "330400D156000005000002985A17C3E4";
        let issuer =
            format!("0110{code} 0304322E3030 050420250105 060420350105 07094B30303030303132 39");
        let name = format!("B2E2CAD4BCD7{}", "00".repeat(24));
        let number = "333330343939313939303031303130303138";
        let holder = format!("0812{number} 091E{name} 4E14{}", "00".repeat(20));
        let [issuer, holder] = [issuer, holder].map(|text| Items::of(&bytes(&text)).unwrap());
        let identity = Identity::of(&[0x3B, 0x00], &issuer, &holder, false).unwrap();
        assert_eq!(identity.card.number, "K00000129");
        assert_eq!(identity.name, "测试甲");
        assert_eq!(identity.card.factor, [0x86, 0x01, 0x33, 0x04, 0, 0, 0x02, 0x98]);
        for (date, valid) in [
            ("2025-01-04", false),
            ("2025-01-05", true),
            ("2035-01-05", true),
            ("2035-01-06", false),
        ] {
            assert_eq!(identity.is_valid(&Moment::parse(date, "00:00:00").unwrap()), valid);
        }
    }

    #[test]
    fn entitlements_are_characters_of_item_81() {
        let of = |scheme: &[u8]| Entitlement::of(scheme, &[0x33, 0x04, 0], &[0x11]).unwrap();
        let all = of(b"31011100");
        assert!(all.out_of_area() && all.pool() && all.chronic());
        let none = of(b"39000000");
        assert!(!none.out_of_area() && !none.pool() && !none.chronic());
        assert!(all.is_region_of(&[0x33, 0x04, 0x99, 0, 0, 1]));
        assert!(!all.is_region_of(&[0x33, 0x05, 0, 0, 0, 1]));
        assert_eq!(Entitlement::of(b"3100000", &[0; 3], &[0]), None);
    }
}
