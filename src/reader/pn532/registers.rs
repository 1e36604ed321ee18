//! The registers of the contactless interface unit in a PN532 (6301 to 633F), as far as frames
//! depend on them.
//!
//! | register | bits that count here |
//! |---|---|
//! | 6302 TxMode, 6303 RxMode | 7: CRC made, checked; 6 to 4: bit rate; 1 and 0: framing, 00 Type A, 11 Type B |
//! | 6304 TxControl | 1 and 0: the field |
//! | 630D ManualRCV | 4: parity bits are data to the chip |
//! | 631A to 631F | TMode, prescaler, reload value and counter of the timer, which runs down |
//! | 6331 Command, 633D BitFraming 7 | Transceive (0C) started by hand, on what lies in the FIFO |
//! | 6339 FIFOData, 633A FIFOLevel | what was sent last without an answer, or heard last |
//! | 633C Control | 2 to 0: bits heard in the last byte, 0 for 8 |
//! | 633D BitFraming | 6 to 4: where the first bit heard goes; 2 to 0: bits of the last byte sent |
//! | 633E Coll | 5: no collision; 4 to 0: which bit from 1 collided, 0 for 32 |
//!
//! Every other register keeps what is written and does nothing. Addresses outside read as 00. The
//! meaning of the bits is that of the unit's family; values after reset are inferred from it where
//! neither host library depends on them.

use std::collections::VecDeque;

use crate::link::Rate;

const FIRST: u16 = 0x6300;
const TX_MODE: u16 = 0x6302;
const RX_MODE: u16 = 0x6303;
const TX_CONTROL: u16 = 0x6304;
const TX_AUTO: u16 = 0x6305;
const MANUAL_RCV: u16 = 0x630D;
const T_MODE: u16 = 0x631A;
const T_PRESCALER: u16 = 0x631B;
const T_RELOAD: [u16; 2] = [0x631C, 0x631D];
const T_COUNTER: [u16; 2] = [0x631E, 0x631F];
const VERSION: u16 = 0x6327;
const COMMAND: u16 = 0x6331;
const FIFO_DATA: u16 = 0x6339;
const FIFO_LEVEL: u16 = 0x633A;
const CONTROL: u16 = 0x633C;
const BIT_FRAMING: u16 = 0x633D;
const COLL: u16 = 0x633E;

/// Bytes the FIFO holds.
const FIFO_BYTES: usize = 64;

/// How frames are coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// Type A.
    A,
    /// Type B.
    B,
    /// Something no card here understands.
    Other,
}

/// What a written register sets going.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// The field goes on or off, or stays as it is.
    Field(bool),
    /// What lies in the FIFO is sent, and an answer listened for.
    Transceive,
}

/// The registers.
#[derive(Clone, Debug)]
pub struct Registers {
    values: [u8; 0x40],
    fifo: VecDeque<u8>,
}

impl Default for Registers {
    fn default() -> Self {
        let mut registers = Self { values: [0; 0x40], fifo: VecDeque::new() };
        for (address, value) in
            [(TX_CONTROL, 0x80), (VERSION, 0x80), (COMMAND, 0x20), (CONTROL, 0x10), (COLL, 0xA0)]
        {
            registers.set(address, value);
        }
        registers
    }
}

impl Registers {
    fn get(&self, address: u16) -> u8 {
        let at = usize::from(address.wrapping_sub(FIRST));
        self.values.get(at).copied().unwrap_or_default()
    }

    fn set(&mut self, address: u16, value: u8) {
        let at = usize::from(address.wrapping_sub(FIRST));
        if let Some(place) = self.values.get_mut(at) {
            *place = value;
        }
    }

    fn change(&mut self, address: u16, mask: u8, bits: u8) {
        self.set(address, self.get(address) & !mask | bits & mask);
    }

    /// What a host reads at an address. A byte read from the FIFO is gone from it.
    pub fn read(&mut self, address: u16) -> u8 {
        match address {
            FIFO_DATA => self.fifo.pop_front().unwrap_or_default(),
            // At most FIFO_BYTES, which fits.
            FIFO_LEVEL => self.fifo.len() as u8,
            _ => self.get(address),
        }
    }

    /// A host writes at an address.
    pub fn write(&mut self, address: u16, value: u8) -> Option<Effect> {
        match address {
            FIFO_DATA if self.fifo.len() < FIFO_BYTES => self.fifo.push_back(value),
            FIFO_DATA => {}
            FIFO_LEVEL if value & 0x80 != 0 => self.fifo.clear(),
            FIFO_LEVEL => {}
            BIT_FRAMING => {
                self.set(address, value & 0x77);
                if value & 0x80 != 0 && self.get(COMMAND) & 0x0F == 0x0C {
                    return Some(Effect::Transceive);
                }
            }
            _ => self.set(address, value),
        }
        (address == TX_CONTROL).then_some(Effect::Field(value & 0x03 != 0))
    }

    /// The field is on, or off.
    pub fn show_field(&mut self, on: bool) {
        self.change(TX_CONTROL, 0x03, if on { 0x03 } else { 0x00 });
    }

    /// How a search leaves frames: whole bytes of this coding at fc/128, CRCs made and checked.
    pub fn prepare(&mut self, framing: Framing) {
        let mode = match framing {
            Framing::A => 0x80,
            Framing::B => 0x83,
            Framing::Other => 0x92,
        };
        self.change(TX_MODE, 0xF3, mode);
        self.change(RX_MODE, 0xF3, mode);
        self.change(TX_AUTO, 0x40, if framing == Framing::A { 0x40 } else { 0x00 });
        self.change(MANUAL_RCV, 0x10, 0x00);
        self.set(BIT_FRAMING, 0x00);
    }

    /// How frames are coded that are sent; they are heard only in the same coding.
    #[must_use]
    pub fn framing(&self) -> Framing {
        match (self.get(TX_MODE) & 0x03, self.get(RX_MODE) & 0x03) {
            (0x00, 0x00) => Framing::A,
            (0x03, 0x03) => Framing::B,
            _ => Framing::Other,
        }
    }

    /// The bit rates of what is sent and of what is heard; none for rates no card here has.
    #[must_use]
    pub fn rates(&self) -> Option<(Rate, Rate)> {
        let rate = |mode: u8| match mode >> 4 & 7 {
            code @ 0..=3 => Some(Rate::of_integer(code)),
            _ => None,
        };
        Some((rate(self.get(TX_MODE))?, rate(self.get(RX_MODE))?))
    }

    /// A CRC is put behind what is sent.
    #[must_use]
    pub fn makes_crc(&self) -> bool {
        self.get(TX_MODE) & 0x80 != 0
    }

    /// The CRC of what is heard is checked and taken away.
    #[must_use]
    pub fn checks_crc(&self) -> bool {
        self.get(RX_MODE) & 0x80 != 0
    }

    /// Parity bits are the host's.
    #[must_use]
    pub fn leaves_parity(&self) -> bool {
        self.get(MANUAL_RCV) & 0x10 != 0
    }

    /// Bits of the last byte that is sent, 1 to 8.
    #[must_use]
    pub fn last_bits(&self) -> u8 {
        match self.get(BIT_FRAMING) & 7 {
            0 => 8,
            bits => bits,
        }
    }

    /// The bit of the first byte the first bit heard goes to.
    #[must_use]
    pub fn align(&self) -> u8 {
        self.get(BIT_FRAMING) >> 4 & 7
    }

    /// What lies in the FIFO, taken out.
    pub fn take_fifo(&mut self) -> Vec<u8> {
        self.fifo.drain(..).collect()
    }

    /// What lies in the FIFO now; what it does not hold is lost.
    pub fn fill_fifo(&mut self, bytes: &[u8]) {
        self.fifo = bytes.iter().copied().take(FIFO_BYTES).collect();
    }

    /// How many bits the last byte heard has, 1 to 8.
    pub fn heard_bits(&mut self, last: u8) {
        self.change(CONTROL, 0x07, last);
    }

    /// The timer, if it starts by itself, has counted so many carrier periods, or has run out.
    pub fn timer_counted(&mut self, counted_fc: Option<u64>) {
        let mode = self.get(T_MODE);
        if mode & 0x80 == 0 {
            return;
        }
        let prescaler = u64::from(mode & 0x0F) << 8 | u64::from(self.get(T_PRESCALER));
        let ticks = counted_fc.map(|fc| fc / (2 * prescaler + 1));
        let reload = u16::from_be_bytes(T_RELOAD.map(|at| self.get(at)));
        let ticks = ticks.and_then(|ticks| u16::try_from(ticks).ok()).unwrap_or(u16::MAX);
        let left = reload.saturating_sub(ticks).to_be_bytes();
        for (at, value) in T_COUNTER.into_iter().zip(left) {
            self.set(at, value);
        }
    }

    /// Which bit of what was heard collided first, from 0.
    pub fn heard_collision(&mut self, at: Option<usize>) {
        let shown = match at {
            Some(at @ 0..32) => (at as u8 + 1) & 0x1F,
            _ => 0x20,
        };
        self.change(COLL, 0x3F, shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_keep_what_is_written_and_others_read_as_zero() {
        let mut registers = Registers::default();
        assert_eq!(registers.write(0x6309, 0x5A), None);
        assert_eq!(registers.read(0x6309), 0x5A);
        for address in [0x0000, 0x62FF, 0x6340, 0xFFFF] {
            assert_eq!(registers.write(address, 0xFF), None);
            assert_eq!(registers.read(address), 0);
        }
    }

    #[test]
    fn modes_say_how_frames_are() {
        let mut registers = Registers::default();
        assert!(!registers.makes_crc() && registers.framing() == Framing::A);
        registers.prepare(Framing::B);
        assert_eq!((registers.read(TX_MODE), registers.read(RX_MODE)), (0x83, 0x83));
        assert!(registers.makes_crc() && registers.checks_crc());
        assert_eq!(registers.framing(), Framing::B);
        registers.write(RX_MODE, 0x80);
        assert_eq!(registers.framing(), Framing::Other, "sent as B, heard as A");
        registers.write(TX_MODE, 0xA0);
        assert_eq!(registers.rates(), Some((Rate::Fc32, Rate::Fc128)));
        registers.write(TX_MODE, 0xC0);
        assert_eq!(registers.rates(), None);
        registers.write(BIT_FRAMING, 0x37);
        assert_eq!((registers.align(), registers.last_bits()), (3, 7));
        registers.prepare(Framing::A);
        assert_eq!((registers.align(), registers.last_bits()), (0, 8));
    }

    #[test]
    fn the_fifo_gives_what_it_holds_once() {
        let mut registers = Registers::default();
        registers.fill_fifo(&[0x26; 70]);
        assert_eq!(registers.read(FIFO_LEVEL), 64);
        assert_eq!(registers.read(FIFO_DATA), 0x26);
        assert_eq!(registers.read(FIFO_LEVEL), 63);
        registers.write(FIFO_LEVEL, 0x80);
        assert_eq!((registers.read(FIFO_LEVEL), registers.read(FIFO_DATA)), (0, 0));
        for byte in 0..70 {
            registers.write(FIFO_DATA, byte);
        }
        assert_eq!(registers.take_fifo(), (0..64).collect::<Vec<u8>>());
    }

    #[test]
    fn the_timer_counts_down_in_units_of_its_prescaler() {
        let mut registers = Registers::default();
        let left = |registers: &mut Registers| [registers.read(0x631E), registers.read(0x631F)];
        registers.timer_counted(Some(10));
        assert_eq!(left(&mut registers), [0, 0], "it does not start by itself");
        for (address, value) in [(0x631A, 0x80), (0x631B, 0), (0x631C, 0xFF), (0x631D, 0xFF)] {
            registers.write(address, value);
        }
        registers.timer_counted(Some(0x1234));
        assert_eq!(left(&mut registers), [0xED, 0xCB]);
        registers.write(0x631B, 2);
        registers.timer_counted(Some(5 * 0x1234 + 4));
        assert_eq!(left(&mut registers), [0xED, 0xCB]);
        for counted_fc in [None, Some(1 << 40)] {
            registers.timer_counted(counted_fc);
            assert_eq!(left(&mut registers), [0, 0]);
        }
    }

    #[test]
    fn writing_sets_going_what_it_should() {
        let mut registers = Registers::default();
        assert_eq!(registers.write(TX_CONTROL, 0x83), Some(Effect::Field(true)));
        assert_eq!(registers.write(TX_CONTROL, 0x80), Some(Effect::Field(false)));
        assert_eq!(registers.write(BIT_FRAMING, 0x87), None, "no command waits");
        registers.write(COMMAND, 0x0C);
        assert_eq!(registers.write(BIT_FRAMING, 0x87), Some(Effect::Transceive));
        assert_eq!(registers.read(BIT_FRAMING), 0x07);
        for (at, shown) in [(Some(0), 0x01), (Some(30), 0x1F), (Some(31), 0x00), (None, 0x20)] {
            registers.heard_collision(at);
            assert_eq!(registers.read(COLL) & 0x3F, shown, "{at:?}");
        }
        registers.heard_collision(Some(32));
        assert_eq!(registers.read(COLL) & 0x3F, 0x20, "beyond what it counts");
    }
}
