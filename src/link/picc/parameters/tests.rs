//! The bytes that tell what a card is, and the rules its parameters must keep.

use super::*;

fn type_a(bytes: &[u8]) -> TypeA {
    TypeA::new(Uid::fixed(bytes).unwrap())
}

const SINGLE: [u8; 4] = [1, 2, 3, 4];
const DOUBLE: [u8; 7] = [4, 2, 3, 4, 5, 6, 7];
const TRIPLE: [u8; 10] = [4, 2, 3, 4, 5, 6, 7, 8, 9, 10];

#[test]
fn atqa_and_sak_agree_with_the_uid_and_part_4() {
    // ATQA and SAKs as real cards have them: Seos, a phone, DESFire.
    let seos = TypeA { anticollision_bit: 1, ..type_a(&SINGLE) };
    assert_eq!((seos.atqa(), seos.sak(1)), ([0x01, 0x00], 0x20));
    let phone = type_a(&SINGLE);
    assert_eq!((phone.atqa(), phone.sak(1)), ([0x04, 0x00], 0x20));
    let desfire = TypeA { atqa_proprietary: 3, sak_incomplete: 0x20, ..type_a(&DOUBLE) };
    assert_eq!(desfire.atqa(), [0x44, 0x03]);
    assert_eq!((desfire.sak(1), desfire.sak(2)), (0x24, 0x20));
    let triple = type_a(&TRIPLE);
    assert_eq!(triple.atqa(), [0x84, 0x00]);
    assert_eq!([1, 2, 3].map(|level| triple.sak(level)), [0x04, 0x04, 0x20]);
    // Other bits are the maker's; these two are not.
    let other = TypeA { sak_incomplete: 0xFF, sak_complete: 0xFF, ..type_a(&DOUBLE) };
    assert_eq!((other.sak(1), other.sak(2)), (0xFF, 0xFB));
    let memory = TypeA { sak_complete: 0xFF, has_part4: false, ..type_a(&SINGLE) };
    assert_eq!(memory.sak(1), 0xDB);
    for bit in 1..=5 {
        let card = TypeA { anticollision_bit: bit, ..type_a(&SINGLE) };
        assert_eq!(card.atqa()[0], 1 << (bit - 1));
    }
    assert_eq!(TypeA { anticollision_bit: 0, ..type_a(&SINGLE) }.atqa()[0], 0x04);
}

#[test]
fn an_ats_fits_the_reader_s_frame() {
    let card = TypeA { historical: vec![0xAA; 20], ..type_a(&SINGLE) };
    assert_eq!(card.ats().len(), 25);
    let ats = card.ats_within(16);
    assert_eq!((ats.len(), ats[0]), (14, 14));
    assert_eq!(card.ats_within(27).len(), 25);
    assert_eq!(card.ats_within(26).len(), 24);
    let bare = AtsForm { t0: false, ..AtsForm::WHOLE };
    assert_eq!(TypeA { ats_form: bare, ..card }.ats(), [0x01]);
}

#[test]
fn parameters_that_break_a_rule_are_told() {
    let a = |change: &dyn Fn(&mut TypeA)| {
        let mut a = type_a(&SINGLE);
        change(&mut a);
        Parameters::A(a).check()
    };
    let b = |change: &dyn Fn(&mut TypeB)| {
        let mut b = TypeB::new(None);
        change(&mut b);
        Parameters::B(b).check()
    };
    let range =
        |field, value, least, most| Err(ParametersError::Range { field, value, least, most });
    let left_out = |byte| Err(ParametersError::LeftOut(byte));
    assert_eq!(a(&|_| {}), Ok(()));
    assert_eq!(b(&|_| {}), Ok(()));
    assert_eq!(a(&|a| a.part4.fsci = 16), range("FSCI", 16, 0, 15));
    assert_eq!(b(&|b| b.part4.fwi = 16), range("FWI", 16, 0, 15));
    assert_eq!(b(&|b| b.part4.sfgi = 99), range("SFGI", 99, 0, 15));
    assert_eq!(a(&|a| a.anticollision_bit = 6), range("the anticollision bit", 6, 1, 5));
    let proprietary = range("the proprietary part of ATQA", 16, 0, 15);
    assert_eq!(a(&|a| a.atqa_proprietary = 16), proprietary);
    assert_eq!(a(&|a| a.historical = vec![0; 251]), range("historical bytes", 251, 0, 250));
    assert_eq!(b(&|b| b.tr2 = 4), range("the TR2 code", 4, 0, 3));
    assert_eq!(b(&|b| b.mbli = 16), range("MBLI", 16, 0, 15));
    assert_eq!(a(&|a| a.ats_form.t0 = false), left_out("T0"));
    assert_eq!(a(&|a| a.ats_form.ta = false), left_out("TA(1)"));
    assert_eq!(a(&|a| a.ats_form.tb = false), left_out("TB(1)"));
    assert_eq!(a(&|a| a.ats_form.tc = false), Ok(()));
    assert_eq!(
        a(&|a| {
            a.ats_form.tc = false;
            a.part4.nad = true;
        }),
        left_out("TC(1)")
    );
    assert_eq!(
        a(&|a| {
            a.ats_form = AtsForm { t0: false, ta: false, tb: false, tc: false };
            a.part4 = Part4 { fsci: 2, fwi: 4, rates: Rates::NONE, ..Part4::default() };
        }),
        Ok(())
    );
    let untold = |b: &mut TypeB| {
        b.part4.sfgi = 1;
        b.extended_atqb = false;
    };
    assert_eq!(b(&untold), Err(ParametersError::Sfgi));
    let text = ParametersError::Range { field: "FSCI", value: 16, least: 0, most: 15 };
    assert_eq!(text.to_string(), "FSCI is 16, expected 0 to 15");
}

#[test]
fn parameters_are_asked_whatever_the_type() {
    let a = Parameters::A(type_a(&DOUBLE));
    assert_eq!((a.atqa(), a.sak()), (Some([0x44, 0x00]), Some(0x20)));
    assert_eq!(a.ats(), Some(vec![0x05, 0x78, 0x77, 0x80, 0x02]));
    assert_eq!((a.atqb(), a.picc_type()), (None, PiccType::A));
    let b = Parameters::B(TypeB::new(Some(SINGLE)));
    let atqb = vec![0x50, 1, 2, 3, 4, 0, 0, 0, 0, 0x77, 0x81, 0x81];
    assert_eq!((b.atqb(), b.picc_type()), (Some(atqb), PiccType::B));
    assert_eq!((b.ats(), b.atqa(), b.sak()), (None, None, None));
    assert_eq!(b.part4(), &Part4::default());
}
