//! Long random lives of an account, torn ones among them, beside a model of what it should hold.

use super::*;

/// A source of choices: xorshift, so that a life can be lived again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// What an account should hold.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Model {
    amounts: Amounts,
    /// Log records in hexadecimal, the newest first.
    log: Vec<String>,
}

impl Model {
    /// After a settlement or a credit; `None` when the card has to refuse.
    fn after(&self, load: bool, amounts: [u32; 3], time: &str) -> Option<Self> {
        let [account, self_pay, fund] = amounts;
        let mut next = self.clone();
        let (number, type_byte) = if load {
            next.amounts.online = self.amounts.online.checked_add(1)?;
            next.amounts.balance = self.amounts.balance.checked_add(account)?;
            (self.amounts.online, "31")
        } else {
            next.amounts.offline = self.amounts.offline.checked_add(1)?;
            next.amounts.balance = self.amounts.balance.checked_sub(account)?;
            let year = u16::from_str_radix(&time[..4], 16).unwrap();
            if year > self.amounts.year {
                (next.amounts.self_pay, next.amounts.fund) = (0, 0);
                next.amounts.year = year;
            }
            next.amounts.self_pay = next.amounts.self_pay.checked_add(self_pay)?;
            next.amounts.fund = next.amounts.fund.checked_add(fund)?;
            (self.amounts.offline, "32")
        };
        let record = format!(
            "{number:04X}{type_byte}{TERMINAL}{time}{account:08X}{self_pay:08X}{fund:08X}9000"
        );
        next.log.insert(0, record);
        next.log.truncate(30);
        Some(next)
    }

    #[track_caller]
    fn is_of(&self, card: &Dialogue) -> bool {
        let logged = (1..=self.log.len().min(3)).all(|n| card.log(n as u8) == self.log[n - 1]);
        card.amounts() == self.amounts && logged
    }
}

/// An amount: often small, sometimes near an end.
fn amount(dice: &mut Dice) -> u32 {
    match dice.roll(10) {
        0 => 0,
        1 => u32::MAX - dice.roll(3) as u32,
        2 => u32::MAX / 2 + dice.roll(2) as u32,
        _ => dice.roll(5000) as u32,
    }
}

/// One pair of commands, perhaps disturbed. Returns what the account should hold now.
fn step(card: &mut Dialogue, model: &Model, dice: &mut Dice) -> Model {
    let load = dice.roll(3) == 0;
    let amounts = match load {
        true => [amount(dice), 0, 0],
        false => [amount(dice), amount(dice), amount(dice)],
    };
    let index = 1 + dice.roll(3) as u8;
    let time = format!("20{:02}0601120000", 25 + dice.roll(4));
    let expected = model.after(load, amounts, &time);
    let first = match load {
        true => init_load(index, amounts[0]),
        false => init(index, amounts[0], amounts[1], amounts[2]),
    };
    if !card.clone().send(&first).ends_with("9000") {
        assert!(expected.is_none(), "{first} is refused");
        card.send(&first);
        return model.clone();
    }
    let second = match load {
        true => card.begin_load(index, amounts[0], &time),
        false => card.begin(index, amounts, &time),
    };
    match dice.roll(6) {
        0 => {
            card.send("0084000008");
            assert_eq!(card.send(&second), "6985");
            model.clone()
        }
        1 => {
            let mut wrong = unhex(&second);
            let at = wrong.len() - 2;
            wrong[at] ^= 1 << dice.roll(8);
            assert_eq!(card.send(&hex(&wrong)), "9302");
            model.clone()
        }
        2 => {
            let at = 1 + dice.roll(6) as u32;
            card.0.tear_at(at);
            let answer = card.try_send(&second);
            card.0.power_on();
            card.enter();
            match (answer, expected) {
                (None, Some(new)) if new.is_of(card) => new,
                (None, _) => model.clone(),
                (Some(answer), expected) => {
                    assert_eq!(answer.ends_with("9000"), expected.is_some(), "{second}");
                    expected.unwrap_or(model.clone())
                }
            }
        }
        _ => {
            let answer = card.send(&second);
            assert_eq!(answer.ends_with("9000"), expected.is_some(), "{second}: {answer}");
            expected.unwrap_or(model.clone())
        }
    }
}

#[test]
fn an_account_holds_what_its_history_makes_of_it() {
    let (mut settled, mut refused) = (0, 0);
    for life in 1..=40 {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ life);
        let mut card = card(&USUAL);
        let mut model = Model { amounts: USUAL, log: Vec::new() };
        for _ in 0..40 {
            let next = step(&mut card, &model, &mut dice);
            assert!(next.is_of(&card), "life {life}: {next:?}");
            if next == model {
                refused += 1;
            } else {
                settled += 1;
            }
            model = next;
        }
        // Nothing comes or goes but by a record.
        let counted = (model.amounts.online - 3) + (model.amounts.offline - 7);
        assert_eq!(model.log.len(), usize::from(counted).min(30));
    }
    assert!(settled > 300 && refused > 300, "{settled} made, {refused} not");
}

/// Any bytes in the account's class: it answers, and holds what it held.
#[test]
fn any_bytes_are_answered() {
    let mut dice = Dice(0x0123_4567_89AB_CDEF);
    let mut card = card(&USUAL);
    for _ in 0..3000 {
        let other = dice.roll(256) as u8;
        if other == Ins::SELECT.0 {
            continue;
        }
        let ins = [0x28, 0x2A, 0x2C, other][dice.roll(4) as usize];
        let [p1, p2] = [0, 0].map(|_: u8| dice.roll(3) as u8);
        let length = [0x13, 0x0B, 0x0F, dice.roll(40)][dice.roll(4) as usize];
        let mut command = vec![0xB0, ins, p1, p2];
        if length > 0 {
            command.push(length as u8);
            command.extend((0..length).map(|_| dice.roll(256) as u8));
        }
        let answer = card.send(&hex(&command));
        assert!(answer.len() >= 4, "{}", hex(&command));
        if answer == "9302" {
            // Fifteen of them would lock the application.
            assert_eq!(card.amounts(), USUAL);
            card = self::card(&USUAL);
        }
    }
    assert_eq!(card.amounts(), USUAL);
}
