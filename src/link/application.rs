//! What stands behind a link: a card, or a test's stand-in.

pub use tessera_framework::Direction;

/// A card as a link sees it. It knows commands and answers, and nothing of how they come.
pub trait Application {
    /// Power comes, or a reset: everything but what lasts is forgotten.
    ///
    /// # Errors
    /// [`Mute`] when the card does not come up; it stays mute until the next time.
    fn power_on(&mut self) -> Result<(), Mute>;

    /// Told after power-up, before the first command, how commands will come. A card that is not
    /// told takes what its answer to reset offers first.
    fn set_delivery(&mut self, delivery: Delivery) {
        let _ = delivery;
    }

    /// Power goes.
    fn power_off(&mut self);

    /// Runs a command APDU and appends the response APDU to `response`. Returns how long the card
    /// took, in microseconds of its own clock.
    ///
    /// # Errors
    /// [`Mute`] when there is no answer and will be none before the next power-up; `response` is as
    /// it was.
    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute>;

    /// Which way the data of a command goes whose CLA, INS, P1 and P2 these are. On a T=0 line
    /// nothing else tells (ISO/IEC 7816-3:2006, 10.3.2). Asked at the moment the header has come.
    fn direction(&self, header: [u8; 4]) -> Direction;
}

/// How commands come to the card and answers go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// As TPDUs of T=0: a command brings data or fetches it, never both, so the rest of the answer
    /// is announced with 61XX or 6CXX and fetched by GET RESPONSE, and what is longer than a TPDU
    /// comes in ENVELOPEs (ISO/IEC 7816-3:2006, 12.2).
    Tpdus,
    /// Whole, however the link cuts them: T=1 and ISO/IEC 14443-4.
    Apdus,
}

/// There is no answer, and there will be none before the next power-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the card is mute")]
pub struct Mute;

impl<A: Application + ?Sized> Application for Box<A> {
    fn power_on(&mut self) -> Result<(), Mute> {
        (**self).power_on()
    }

    fn set_delivery(&mut self, delivery: Delivery) {
        (**self).set_delivery(delivery);
    }

    fn power_off(&mut self) {
        (**self).power_off();
    }

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        (**self).exchange(command, response)
    }

    fn direction(&self, header: [u8; 4]) -> Direction {
        (**self).direction(header)
    }
}
