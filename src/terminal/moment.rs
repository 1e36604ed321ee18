//! Date and time of a transaction as the card gets them: BCD, never interpreted there.

use std::fmt;

/// A moment to the second: YYYYMMDD and HHMMSS in BCD. Always one of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment {
    date: [u8; 4],
    time: [u8; 3],
}

/// The text is no date or no time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{got:?} is no {what}: expected {expected}")]
pub struct MomentError {
    what: &'static str,
    expected: &'static str,
    got: String,
}

impl Moment {
    /// From texts such as `2025-06-30` or `20250630`, and `18:05:00` or `180500`.
    ///
    /// # Errors
    /// [`MomentError`]: which of the two is wrong.
    pub fn parse(date: &str, time: &str) -> Result<Self, MomentError> {
        let wrong = |what, expected, got: &str| MomentError { what, expected, got: got.into() };
        let moment = bcd(date, '-').and_then(|date| bcd(time, ':').map(|time| Self { date, time }));
        let date_of = bcd::<4>(date, '-').filter(|date| is_date(*date));
        date_of.ok_or_else(|| wrong("date", "one of the calendar, YYYY-MM-DD", date))?;
        moment.filter(|moment| is_time(moment.time)).ok_or_else(|| wrong("time", "HH:MM:SS", time))
    }

    /// From the seven bytes a card or a journal holds; `None` when they are none of the calendar.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 7]) -> Option<Self> {
        let [a, b, c, d, e, f, g] = bytes;
        let moment = Self { date: [a, b, c, d], time: [e, f, g] };
        (is_date(moment.date) && is_time(moment.time)).then_some(moment)
    }

    /// From seconds since 1970-01-01 00:00:00, on a clock that counts no leap seconds.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Option<Self> {
        let (mut days, second) = (seconds / 86_400, seconds % 86_400);
        let mut year = 1970;
        while days >= days_of_year(year) {
            days -= days_of_year(year);
            year += 1;
            if year > 9999 {
                return None;
            }
        }
        let mut month = 1;
        while days >= days_of_month(year, month) {
            days -= days_of_month(year, month);
            month += 1;
        }
        let two = |number: u64| (number / 10 * 16 + number % 10) as u8;
        Self::from_bytes([
            two(year / 100),
            two(year % 100),
            two(month),
            two(days + 1),
            two(second / 3600),
            two(second / 60 % 60),
            two(second % 60),
        ])
    }

    /// YYYYMMDD.
    #[must_use]
    pub const fn date(&self) -> [u8; 4] {
        self.date
    }

    /// HHMMSS.
    #[must_use]
    pub const fn time(&self) -> [u8; 3] {
        self.time
    }

    /// YYYYMM, to tell months from each other.
    #[must_use]
    pub const fn month(&self) -> [u8; 3] {
        let [a, b, c, _] = self.date;
        [a, b, c]
    }

    /// Date and time one after the other.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 7] {
        let ([a, b, c, d], [e, f, g]) = (self.date, self.time);
        [a, b, c, d, e, f, g]
    }

    /// Whole minutes from `earlier` to this moment; `None` when it is later.
    #[must_use]
    pub fn minutes_since(&self, earlier: &Self) -> Option<u64> {
        self.seconds().checked_sub(earlier.seconds()).map(|seconds| seconds / 60)
    }

    /// So many minutes later; `None` beyond the year 9999 and before 1970.
    #[must_use]
    pub fn later(&self, minutes: u64) -> Option<Self> {
        let epoch = Self { date: [0x19, 0x70, 0x01, 0x01], time: [0; 3] };
        let since = self.seconds().checked_sub(epoch.seconds())?;
        Self::from_unix(since.checked_add(minutes.checked_mul(60)?)?)
    }

    /// Seconds since the first day of year 0.
    fn seconds(&self) -> u64 {
        let [a, b, month, day] = self.date.map(number);
        let year = a * 100 + b;
        let days: u64 = (0..year).map(days_of_year).sum::<u64>()
            + (1..month).map(|month| days_of_month(year, month)).sum::<u64>()
            + day;
        let [hour, minute, second] = self.time.map(number);
        ((days * 24 + hour) * 60 + minute) * 60 + second
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([a, b, c, d], [e, g, h]) = (self.date, self.time);
        write!(f, "{a:02X}{b:02X}-{c:02X}-{d:02X} {e:02X}:{g:02X}:{h:02X}")
    }
}

/// BCD of digits, which separators may part.
fn bcd<const N: usize>(text: &str, separator: char) -> Option<[u8; N]> {
    let digits: String = text.chars().filter(|c| *c != separator).collect();
    let is_bcd = digits.len() == 2 * N && digits.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = hex::decode(is_bcd.then_some(digits)?).ok()?;
    <[u8; N]>::try_from(bytes.as_slice()).ok()
}

fn number(bcd: u8) -> u64 {
    u64::from(bcd >> 4) * 10 + u64::from(bcd & 15)
}

fn is_bcd(byte: u8) -> bool {
    byte >> 4 < 10 && byte & 15 < 10
}

fn is_date(date: [u8; 4]) -> bool {
    let [a, b, month, day] = date.map(number);
    date.into_iter().all(is_bcd)
        && (1..=12).contains(&month)
        && (1..=days_of_month(a * 100 + b, month)).contains(&day)
}

fn is_time(time: [u8; 3]) -> bool {
    let [hour, minute, second] = time.map(number);
    time.into_iter().all(is_bcd) && hour < 24 && minute < 60 && second < 60
}

const fn days_of_year(year: u64) -> u64 {
    if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) {
        366
    } else {
        365
    }
}

const fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => days_of_year(year) - 337,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_of_the_calendar_or_none() {
        let moment = Moment::parse("2024-02-29", "23:59:59").unwrap();
        assert_eq!(moment.bytes(), [0x20, 0x24, 0x02, 0x29, 0x23, 0x59, 0x59]);
        assert_eq!(moment, Moment::parse("20240229", "235959").unwrap());
        assert_eq!(moment.to_string(), "2024-02-29 23:59:59");
        let wrong = |date, time| Moment::parse(date, time).unwrap_err().what;
        for date in ["2023-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "24-1-1", "2024O101"] {
            assert_eq!(wrong(date, "000000"), "date", "{date}");
        }
        for time in ["240000", "126000", "120060", "1200", "noon"] {
            assert_eq!(wrong("20240101", time), "time", "{time}");
        }
    }

    #[test]
    fn minutes_are_counted_over_midnight_and_the_end_of_a_year() {
        let at = |date, time| Moment::parse(date, time).unwrap();
        let before = at("2024-12-31", "23:50:30");
        assert_eq!(at("2025-01-01", "00:10:29").minutes_since(&before), Some(19));
        assert_eq!(at("2025-01-01", "00:10:30").minutes_since(&before), Some(20));
        assert_eq!(before.minutes_since(&before), Some(0));
        assert_eq!(before.minutes_since(&at("2025-01-01", "00:00:00")), None);
        assert_eq!(before.later(20), Some(at("2025-01-01", "00:10:30")));
        assert_eq!(at("9999-12-31", "23:59:00").later(1), None);
        assert_eq!(
            at("2024-03-01", "00:00:00").minutes_since(&at("2024-02-28", "00:00:00")),
            Some(2880)
        );
    }

    #[test]
    fn the_hosts_clock_is_told_as_a_date() {
        let told = |seconds| Moment::from_unix(seconds).unwrap().to_string();
        assert_eq!(told(0), "1970-01-01 00:00:00");
        assert_eq!(told(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(told(1_735_689_599), "2024-12-31 23:59:59");
        assert_eq!(Moment::from_unix(u64::MAX), None);
    }
}
