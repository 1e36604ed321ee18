//! Check characters of card number and citizen number, so that a profile's slip is found when it is
//! read.

use std::ops::Range;

use super::{ProfileError, Source};

/// The check characters of the card number (weights 3 7 9 10 5 8 4 2, mod 11) and of the citizen
/// number (GB 11643-1999, mod 11-2).
pub(super) fn check_numbers(
    source: &Source<'_>,
    key: &str,
    number: &str,
    place: Range<usize>,
) -> Result<(), ProfileError> {
    let (expected, what) = match key {
        "card-number" => (
            card_number_check(number),
            "a card number: a capital letter, seven capital letters or digits",
        ),
        "number" => (citizen_number_check(number), "a citizen number: seventeen digits"),
        _ => return Ok(()),
    };
    let Some(check) = expected else {
        return Err(source.wrong(place, &format!("{what} and a check character"), number));
    };
    if !number.ends_with(check) {
        return Err(source.wrong(place, &format!("check character {check}"), number));
    }
    Ok(())
}

/// The check character of a nine-character card number; `None` when it has another form.
pub(crate) fn card_number_check(number: &str) -> Option<char> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let body = number.as_bytes().get(..8)?;
    let whole = number.len() == 9 && body[0].is_ascii_uppercase();
    let sum = body.iter().zip(WEIGHTS).try_fold(0, |sum, (&character, weight)| {
        let value = match character {
            b'0'..=b'9' => character - b'0',
            b'A'..=b'Z' => character - b'A' + 10,
            _ => return None,
        };
        Some(sum + u32::from(value) * weight)
    })?;
    whole.then_some(match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    })
}

/// The check character of an 18-character citizen number; `None` when it has another form.
pub(super) fn citizen_number_check(number: &str) -> Option<char> {
    let body = number.as_bytes().get(..17)?;
    if number.len() != 18 || !body.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u32 = body
        .iter()
        .zip((1..=17).rev())
        .map(|(&digit, power)| u32::from(digit - b'0') * (2_u32.pow(power) % 11))
        .sum();
    "10X98765432".chars().nth((sum % 11) as usize)
}
