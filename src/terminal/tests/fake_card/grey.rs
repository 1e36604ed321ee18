//! The grey lock of the tests' card.

use super::*;

impl FakeCard {
    pub(super) fn initialize_grey(&mut self, apdu: &Apdu<'_>) -> Done {
        let purse = usize::from(apdu.p2) - 1;
        let is_locked = self.lock.as_ref().is_some_and(|lock| !lock.paid);
        if is_locked != (apdu.p1 == 9) {
            return Err(0x6985);
        }
        self.draws += 1;
        let random = [0xD0, 0xD1, 0xD2, self.draws];
        let (balance, offline) =
            (self.balances[purse].to_be_bytes(), self.offline[purse].to_be_bytes());
        let terminal = apdu.data[1..].to_vec();
        let (kind, answer) = match apdu.p1 {
            8 => {
                let key = [0, 0, 0, 0x01, 0x00];
                (0x91 + purse as u8, [&balance[..], &offline, &key, &random].concat())
            }
            _ => {
                let kind = 0x95 + purse as u8;
                let online = self.online[purse];
                let session = self.session(kind, random, online, [0x80, 0x00]);
                let mac1 = mac(&session, &[&balance, &offline, &[kind], &terminal]);
                let front = [&balance[..], &offline, &online.to_be_bytes(), &[1, 0]].concat();
                (kind, [&front[..], &random, &mac1].concat())
            }
        };
        let updates = Vec::new();
        let ins = 0x7C;
        self.pending = Some(Pending { ins, kind, purse, amount: 0, terminal, random, updates });
        Ok(answer)
    }

    pub(super) fn grey_lock(&mut self, apdu: &Apdu<'_>, pending: Pending) -> Done {
        let data = apdu.data;
        let (number, random, when, asked) = (&data[..4], &data[4..8], &data[8..15], &data[15..]);
        let Pending { kind, purse, terminal, .. } = pending;
        let offline = self.offline[purse];
        let temporary = self.session(kind, pending.random, offline, [number[2], number[3]]);
        let block = [random, &[0x80, 0, 0, 0]].concat();
        let session = session_key(&temporary, &block).unwrap();
        if mac(&session, &[&[kind], &terminal, when]) != *asked {
            return Err(0x9302);
        }
        let balance = self.balances[purse].to_be_bytes();
        let mac2 = mac(&session, &[&balance, &offline.to_be_bytes()]);
        let tac = self.tac(&[&[kind], &terminal, number, when]);
        self.offline[purse] += 1;
        self.lock = Some(Lock {
            purse,
            number: offline + 1,
            terminal,
            when: when.to_vec(),
            session: session.as_slice().try_into().unwrap(),
            mac2,
            tac,
            paid: false,
        });
        Ok([tac, mac2].concat())
    }

    pub(super) fn debit_for_unlock(&mut self, apdu: &Apdu<'_>) -> Done {
        let data = apdu.data;
        let lock = self.lock.clone().filter(|lock| !lock.paid).ok_or(0x6985_u16)?;
        let amount = u32::from_be_bytes(data[..4].try_into().unwrap());
        if data[4..6] != lock.number.to_be_bytes() {
            return Err(0x9406);
        }
        if mac(&Key::single_des(lock.session), &[&data[..4]]) != data[23..] {
            return Err(0x9302);
        }
        if amount > self.balances[lock.purse] {
            return Err(0x9401);
        }
        let kind = 0x93 + lock.purse as u8;
        let tac = self.tac(&[&data[..4], &[kind], &data[6..12], &data[12..16], &data[16..23]]);
        self.balances[lock.purse] -= amount;
        self.offline[lock.purse] -= 1;
        let behind = [&data[6..12], &data[16..23]].concat();
        self.done(kind, lock.purse, true, amount, &behind, ([0; 4], tac));
        self.lock = Some(Lock { paid: true, tac, ..lock });
        Ok(tac.to_vec())
    }

    pub(super) fn grey_unlock(&mut self, apdu: &Apdu<'_>, pending: Pending) -> Done {
        let Pending { kind, purse, terminal, random, .. } = pending;
        let data = apdu.data;
        let session = self.session(kind, random, self.online[purse], [0x80, 0x00]);
        if mac(&session, &[&data[..4], &[kind], &terminal, &data[4..11]]) != data[11..] {
            return Err(0x9302);
        }
        let amount = u32::from_be_bytes(data[..4].try_into().unwrap());
        let online = self.online[purse].to_be_bytes();
        self.balances[purse] -= amount;
        let new = self.balances[purse].to_be_bytes();
        let mac3 = mac(&session, &[&new, &online, &data[..4], &[kind], &terminal, &data[4..11]]);
        let behind = [&terminal[..], &data[4..11]].concat();
        self.done(kind, purse, false, amount, &behind, (mac3, [0; 4]));
        self.lock = None;
        Ok(mac3.to_vec())
    }

    pub(super) fn lock_proof(&mut self, clears: bool) -> Vec<u8> {
        if clears && self.lock.as_ref().is_some_and(|lock| lock.paid) {
            self.lock = None;
        }
        let Some(lock) = &self.lock else { return vec![0; 30] };
        let state = if lock.paid { 0x10 } else { 0x01 };
        let head = [state, 0x91 + lock.purse as u8, lock.purse as u8 + 1];
        let balance = self.balances[lock.purse].to_be_bytes();
        let number = lock.number.to_be_bytes();
        [&head[..], &balance, &number, &lock.terminal, &lock.when, &lock.mac2, &lock.tac].concat()
    }
}
