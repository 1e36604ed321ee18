//! Which serial CCID reader is shown.

use std::str::FromStr;

/// A reader that libccid's serial driver knows by name. It knows no more of them than this; what
/// it does not ask is as for all.
///
/// It knows a GemPCPinPad too, whose line hands back what it hears. libccid 1.5.2 does not open
/// such a one: it sends words for the display, and takes them, when they come back, for an answer
/// that is too long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Model {
    /// One slot.
    #[default]
    GemPcTwin,
    /// Five slots: one for the user's card, four for security modules.
    GemCorePosPro,
    /// Two slots.
    GemCoreSimPro,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::GemPcTwin, Self::GemCorePosPro, Self::GemCoreSimPro];

    /// What the driver calls it, behind the colon of DEVICENAME.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GemPcTwin => "GemPCTwin",
            Self::GemCorePosPro => "GemCorePOSPro",
            Self::GemCoreSimPro => "GemCoreSIMPro",
        }
    }

    /// Slots it has, 1 to 5.
    #[must_use]
    pub const fn slots(self) -> usize {
        match self {
            Self::GemPcTwin => 1,
            Self::GemCorePosPro => 5,
            Self::GemCoreSimPro => 2,
        }
    }

    /// The line hands back every byte the host sends.
    #[must_use]
    pub const fn echoes(self) -> bool {
        matches!(self, Self::GemPcTwin)
    }
}

/// No reader has this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected twin, pospro or simpro, got {0:?}")]
pub struct NoSuchModel(String);

impl FromStr for Model {
    type Err = NoSuchModel;

    fn from_str(name: &str) -> Result<Self, NoSuchModel> {
        let name = name.to_ascii_lowercase();
        let short = name.trim_start_matches("gempc").trim_start_matches("gemcore");
        match short {
            "twin" => Ok(Self::GemPcTwin),
            "pospro" => Ok(Self::GemCorePosPro),
            "simpro" => Ok(Self::GemCoreSimPro),
            _ => Err(NoSuchModel(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_by_its_name_long_or_short() {
        for model in Model::ALL {
            assert_eq!(model.name().parse(), Ok(model));
            assert!(matches!(model.slots(), 1..=5));
        }
        assert_eq!("pospro".parse(), Ok(Model::GemCorePosPro));
        assert!("gempc".parse::<Model>().is_err() && "".parse::<Model>().is_err());
    }
}
