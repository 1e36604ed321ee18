//! MANAGE CHANNEL: opening and closing logical channels 0 to 19 (ISO/IEC 7816-4:2020, 11.1.2).

use tessera_framework::{Apdu, Halt, Outcome, Reply, StatusWord};

use super::{
    registry::Registry,
    select,
    state::{Channel, Core},
};

/// Most channels the class byte can name.
pub(crate) const CHANNELS_MAX: u8 = 20;

/// MANAGE CHANNEL: P1 00 opens (P2 00: the card picks and answers the number), 80 closes.
///
/// A named channel that is open already, and one to be closed that is not open, are 6985; a number
/// the card does not have is 6A81, as is no free channel; closing channel 0 is 6A86 (the standard
/// leaves the words to the card).
pub(crate) fn manage(
    core: &mut Core,
    registry: &Registry,
    from: u8,
    apdu: &Apdu<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let channels = core.channels.len() as u8;
    match (apdu.p1, apdu.p2) {
        (0x00 | 0x80, CHANNELS_MAX..) | (0x01..=0x7F | 0x81..=0xFF, _) => {
            Halt::status(StatusWord::WRONG_P1P2)
        }
        _ if !apdu.data.is_empty() => Halt::status(StatusWord::WRONG_LENGTH),
        (0x00, 0) => {
            if apdu.ne == 0 {
                return Halt::status(StatusWord::WRONG_LENGTH);
            }
            let free = core.channels.iter().position(|channel| !channel.open);
            let Some(free) = free else { return Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED) };
            open(core, registry, from, free as u8)?;
            reply.push_byte(free as u8)
        }
        (_, number) if number >= channels => Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED),
        (0x00, number) => {
            if core.channels[usize::from(number)].open {
                return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
            }
            open(core, registry, from, number)
        }
        (_, number) => {
            let number = if number == 0 { from } else { number };
            match number {
                0 => Halt::status(StatusWord::WRONG_P1P2),
                _ if !core.channels[usize::from(number)].open => {
                    Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED)
                }
                _ => close(core, registry, number),
            }
        }
    }
}

/// From channel 0 the MF is selected on the new channel; from another, its current DF.
fn open(core: &mut Core, registry: &Registry, from: u8, number: u8) -> Outcome {
    let new = usize::from(number);
    core.forget_ram(new);
    if from == 0 {
        core.channels[new] = Channel { open: true, ..Channel::default() };
        return select::implicitly(core, registry, number)
            .inspect_err(|_| core.channels[new] = Channel::default());
    }
    let from = usize::from(from);
    core.ram.copy(from, new);
    core.channels[new] = Channel { environment: None, ..core.channels[from] };
    let applet = core.channels[new].applet;
    core.call(registry, applet, number, |applet, env| {
        applet.inherit(env);
        Ok(())
    })
}

/// The applet cannot refuse to be deselected, but power can fail while it is told.
fn close(core: &mut Core, registry: &Registry, number: u8) -> Outcome {
    let place = usize::from(number);
    core.tell_deselected(registry, number)?;
    if let Some(environment) = core.channels[place].environment.take() {
        core.channels[place].applet = environment;
        core.ram.leave_environment(place);
        core.tell_deselected(registry, number)?;
    }
    core.forget_ram(place);
    core.channels[place] = Channel::default();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Card, testing};

    fn check(card: &mut Card, dialogue: &[(&str, &str)]) {
        testing::check(card, dialogue);
    }

    #[test]
    fn each_way_to_open_and_close_and_each_refusal() {
        let mut card = testing::card();
        check(
            &mut card,
            &[
                ("00 70 00 00 01", "01 9000"),
                ("00 70 00 05", "9000"),
                ("00 70 00 05", "6985"),
                ("00 70 00 00 01", "02 9000"),
                ("41 A4 00 0C 02 3F00", "9000"),
                ("00 70 80 05", "9000"),
                ("41 A4 00 0C 02 3F00", "6881"),
                ("00 70 80 05", "6985"),
                ("02 70 80 00", "9000"),
                ("02 A4 00 0C 02 3F00", "6881"),
                ("00 70 80 00", "6A86"),
                ("00 70 40 00 01", "6A86"),
                ("00 70 00 14", "6A86"),
                ("00 70 00 00", "6700"),
                ("00 70 00 00 01 00 01", "6700"),
            ],
        );
    }

    #[test]
    fn when_all_channels_are_open_there_is_no_more() {
        let mut card = testing::card();
        for number in 1..20 {
            check(&mut card, &[("00 70 00 00 01", &format!("{number:02X} 9000"))]);
        }
        check(&mut card, &[("00 70 00 00 01", "6A81"), ("4F A4 00 0C 02 3F00", "9000")]);
        card.power_off();
        card.power_on().unwrap();
        check(&mut card, &[("01 A4 00 0C 02 3F00", "6881")]);
    }
}
