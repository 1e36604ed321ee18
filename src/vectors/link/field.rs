//! A dialogue with a single card on the air.
use super::run::{Bytes, Heard, Peer};
use super::*;
/// x
pub struct Cards;
impl Cards {
    /// x
    /// # Errors
    /// x
    pub fn new(_: Option<super::stub::Stub>) -> Self {
        Self
    }
}
impl Peer for Cards {
    fn send(&mut self, _: &Bytes<'_>) -> Result<Heard, String> {
        Err("later".into())
    }
    fn event(&mut self, _: &Event) -> Result<Option<Heard>, String> {
        Err("later".into())
    }
}
